//! Memory for vectors: numbers that begin on a cache line, and what a convolution
//! keeps between calls so that it does not ask the system for pages each time.

use std::sync::Mutex;

/// Numbers in a cache line.
pub(super) const LINE: usize = 16;

/// A length of at least `len` that is an odd number of cache lines, for pieces that
/// are read side by side: at an even distance they would share few sets of the cache.
pub(super) fn spread(len: usize) -> usize {
    (len.div_ceil(LINE) | 1) * LINE
}

/// Numbers of which the first lies at the beginning of a cache line.
#[derive(Debug, Default)]
pub(super) struct Buffer(Vec<f32>);

impl Buffer {
    pub(super) fn zeros(len: usize) -> Buffer {
        let mut numbers = vec![0.0; len + LINE];
        in_large_pages(&mut numbers);
        Buffer(numbers)
    }

    fn start(&self) -> usize {
        // In numbers, and less than a line: the vector is aligned for its numbers.
        self.0.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE)
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        &self.0[self.start().min(self.0.len())..]
    }

    /// The first `len` numbers, whatever they hold; grows to that, never shrinks.
    pub(super) fn first(&mut self, len: usize) -> &mut [f32] {
        if self.0.len() < len + LINE {
            *self = Buffer::zeros(len);
        }
        let start = self.start();
        &mut self.0[start..start + len]
    }
}

/// Asks the system for pages of 2 MB where the numbers fill some: a tile's planes lie far
/// apart, and the processor remembers the places of few small pages.
fn in_large_pages(numbers: &mut [f32]) {
    #[cfg(target_os = "linux")]
    {
        const LARGE: usize = 2 << 20;
        let bytes = size_of_val(numbers);
        let start = numbers.as_mut_ptr().cast::<u8>();
        let skip = start.align_offset(LARGE);
        if skip < bytes && bytes - skip >= LARGE {
            // SAFETY: the range lies in the slice, and the advice changes no number in it:
            // the system may ignore it, so what it answers does not matter.
            unsafe {
                let first = start.add(skip).cast::<libc::c_void>();
                libc::madvise(first, (bytes - skip) / LARGE * LARGE, libc::MADV_HUGEPAGE);
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = numbers;
}

/// What one thread needs to work on a chunk of tiles.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The transformed input.
    pub(super) inputs: Buffer,
    /// The products, before they are transformed back.
    pub(super) products: Buffer,
    /// Lines of a first layer.
    pub(super) lines: Buffer,
}

/// Memory that convolutions work in. Give the same one to each call: it grows to
/// what the largest layer needs, however many pictures there are, and is then used
/// again. For VGG16 that is at most 35 MB for a thread, and 110 MB between the layers
/// of a [`Stack`](super::Stack).
#[derive(Debug, Default)]
pub struct Scratch {
    free: Mutex<Vec<Workspace>>,
    /// What lies between a stack's layers.
    pub(super) activations: Vec<Buffer>,
}

impl Scratch {
    /// The most that VGG16's layers need for a thread, in bytes.
    pub(crate) const A_THREAD: usize = 35 << 20;
    /// The most that lies between them.
    pub(crate) const BETWEEN_LAYERS: usize = 110 << 20;

    /// Memory that holds nothing yet.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// Runs `work` with a workspace that no other thread has meanwhile.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        // The list is whole whatever happened to a thread that held the lock.
        let free = || self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut workspace = free().pop().unwrap_or_default();
        let result = work(&mut workspace);
        free().push(workspace);
        result
    }
}

#[cfg(test)]
impl Scratch {
    /// Workspaces that were made so far.
    pub(super) fn workspaces(&self) -> usize {
        self.free.lock().expect("no thread panicked").len()
    }

    /// The memory of them and of the activations.
    pub(super) fn bytes(&self) -> usize {
        let free = self.free.lock().expect("no thread panicked");
        let workspaces =
            free.iter().flat_map(|workspace| [&workspace.inputs, &workspace.products, &workspace.lines]);
        workspaces.chain(&self.activations).map(|buffer| size_of_val(buffer.as_slice())).sum()
    }
}
