//! A small table: words to the left, numbers to the right.

use super::{escape, output};

/// Rows under a header.
///
/// A column whose cells are all numbers (`12`, `1,600`, `97.5 %`, `0.4 s`) is
/// aligned to the right. Short rows are filled up with empty cells, long ones
/// lose what is over.
///
/// ```
/// use sevenlines::show::Table;
///
/// let mut table = Table::new(["batch size", "seconds"]);
/// table.push(["16", "12.5"]);
/// table.push([128.to_string(), format!("{:.1}", 9.04)]);
/// assert_eq!(table.to_string(), "\
/// batch size  seconds
/// ----------  -------
///         16     12.5
///        128      9.0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// What a table without rows shows instead.
    none: String,
}

impl Table {
    /// A table without rows yet.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        let header = header.into_iter().map(Into::into).collect();
        Self { header, rows: Vec::new(), none: String::new() }
    }

    /// With words to show in its place as long as it has no rows.
    pub fn or_say(self, none: impl Into<String>) -> Self {
        Self { none: none.into(), ..self }
    }

    /// Adds a row.
    pub fn push<S: Into<String>>(&mut self, row: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = row.into_iter().map(Into::into).collect();
        row.resize(self.header.len(), String::new());
        self.rows.push(row);
    }

    /// The rows, each as long as the header.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Shows the table now.
    pub fn show(&self) {
        output::html(&self.html(), &self.to_string());
    }

    /// Shows the table as a cell's value.
    pub fn evcxr_display(&self) {
        output::value(&self.html(), &self.to_string());
    }

    /// What to say instead of a table without rows.
    fn said(&self) -> Option<&str> {
        Some(self.none.as_str()).filter(|none| self.rows.is_empty() && !none.is_empty())
    }

    pub(crate) fn html(&self) -> String {
        if let Some(none) = self.said() {
            return format!("<div>{}</div>", escape::html(none));
        }
        let right = self.right_aligned();
        let cells = |row: &[String], tag: &str| -> String {
            let cell = |(cell, right): (&String, &bool)| {
                // A number that is broken (`0.2` over `ms`) reads as two.
                let side = if *right && tag == "td" {
                    "right;white-space:nowrap"
                } else if *right {
                    "right"
                } else {
                    "left"
                };
                let text = escape::html(cell);
                format!(r#"<{tag} style="text-align:{side};padding:3px 10px">{text}</{tag}>"#)
            };
            row.iter().zip(&right).map(cell).collect()
        };
        let rows: String = self.rows.iter().map(|row| format!("<tr>{}</tr>", cells(row, "td"))).collect();
        format!(
            r#"<table style="border-collapse:collapse"><thead><tr style="border-bottom:1px solid #888888">{}</tr></thead><tbody>{rows}</tbody></table>"#,
            cells(&self.header, "th")
        )
    }

    fn right_aligned(&self) -> Vec<bool> {
        let numeric = |column: usize| {
            let mut filled =
                self.rows.iter().map(|row| row[column].trim()).filter(|cell| !cell.is_empty()).peekable();
            filled.peek().is_some() && filled.all(is_number)
        };
        (0..self.header.len()).map(numeric).collect()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(none) = self.said() {
            return f.write_str(&escape::line(none));
        }
        let right = self.right_aligned();
        let tame = |row: &Vec<String>| -> Vec<String> { row.iter().map(|cell| escape::line(cell)).collect() };
        let mut lines = vec![tame(&self.header), Vec::new()];
        lines.extend(self.rows.iter().map(tame));
        let width = |column: usize| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        lines[1] = widths.iter().map(|&width| "-".repeat(width)).collect();
        for (i, line) in lines.iter().enumerate() {
            let cell = |((cell, &width), &right): ((&String, &usize), &bool)| {
                if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            };
            let cells: Vec<String> = line.iter().zip(&widths).zip(&right).map(cell).collect();
            let end = if i + 1 < lines.len() { "\n" } else { "" };
            write!(f, "{}{end}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A number, perhaps with thousands separated and a unit behind.
fn is_number(cell: &str) -> bool {
    if matches!(cell, "-" | "–" | "NaN") {
        return true;
    }
    let first = cell.split_whitespace().next().unwrap_or_default();
    let digits = first.trim_end_matches(['%', 's']).replace([',', '_'], "");
    let plain = digits.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    plain && digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words() {
        for number in ["12", "1,600", "-0.5", "97.5 %", "97%", "3.1s", "4 MB", "1e-4", "-"] {
            assert!(is_number(number), "{number}");
        }
        for word in ["cat", "224x224", "", "s", "inf", "cat.1.jpg", "7a"] {
            assert!(!is_number(word), "{word}");
        }
    }

    #[test]
    fn columns_are_aligned_and_rows_made_to_fit() {
        let mut table = Table::new(["class", "n"]);
        table.push(["cats & dogs", "5", "surplus"]);
        table.push(["<fox>"]);
        table.push(["žába", "1,600"]);
        let text = "class            n\n-----------  -----\ncats & dogs      5\n<fox>\nžába         1,600";
        assert_eq!(table.to_string(), text);
    }

    #[test]
    fn without_rows_it_says_so() {
        let mut table = Table::new(["actual", "predicted"]).or_say("nothing was <confused>");
        assert_eq!(table.to_string(), "nothing was <confused>");
        assert_eq!(table.html(), "<div>nothing was &lt;confused&gt;</div>");
        table.push(["cats", "dogs"]);
        assert!(table.to_string().starts_with("actual  predicted"));
        assert_eq!(Table::new(["a"]).to_string(), "a\n-");
    }

    #[test]
    fn html_is_escaped_and_aligned() {
        let mut table = Table::new(["<class>", "n"]);
        table.push(["\"a\" & b", "5"]);
        let html = table.html();
        assert!(html.contains("left;padding:3px 10px\">&lt;class&gt;</th>"), "{html}");
        assert!(html.contains("left;padding:3px 10px\">&quot;a&quot; &amp; b</td>"), "{html}");
        assert!(html.contains("right;white-space:nowrap;padding:3px 10px\">5</td>"), "{html}");
    }
}
