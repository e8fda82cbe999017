"use strict";
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (refused) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
for (const input of document.querySelectorAll(".input")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const code = input.querySelector("pre").textContent.replace(/\n$/, "");
    button.textContent = (await copy(code)) ? "Copied" : "Press Ctrl-C";
    button.classList.add("done");
    setTimeout(() => { button.textContent = "Copy"; button.classList.remove("done"); }, 2000);
  });
  input.append(button);
}
if (matchMedia("(max-width: 62rem)").matches) document.querySelector(".toc details")?.removeAttribute("open");
