//! Where the body computes: the best device that this machine and this build have.
//!
//! The features `cuda` and `metal` compile candle's code for graphics cards; without
//! them there is the processor alone. Batches go through every device in the same small
//! portions, since candle's convolutions need memory for each picture of a portion.

use candle_core::Device;

/// `Device::best()`, beside candle's own constructors.
pub trait BestDevice {
    /// A graphics card if this build can use one (feature `cuda` or `metal`) and the
    /// machine has one that answers; else the processor. Never fails.
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// # fn main() -> Result<(), Error> {
    /// let vgg = Vgg16::builder().device(Device::best()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    fn best() -> Device;
}

impl BestDevice for Device {
    fn best() -> Device {
        first(&[|| Device::new_cuda(0), || Device::new_metal(0)])
    }
}

/// The first device that opens; the processor if none does.
fn first(candidates: &[fn() -> candle_core::Result<Device>]) -> Device {
    candidates.iter().find_map(opened).unwrap_or(Device::Cpu)
}

/// A device, unless it cannot be opened. A build for CUDA panics where there is no
/// driver to load; nothing is half-made then, since that is the first thing it does.
fn opened(open: &fn() -> candle_core::Result<Device>) -> Option<Device> {
    quietly(|| std::panic::catch_unwind(open)).ok()?.ok()
}

/// Runs `work` without the report of a panic.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let outcome = work();
    std::panic::set_hook(hook);
    outcome
}

/// A device in words: `the processor, 2 threads`, `CUDA device 0`.
pub(crate) fn name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => {
            format!("the processor, {} threads", rayon::current_num_threads())
        }
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("CUDA device {gpu_id}"),
        candle_core::DeviceLocation::Metal { gpu_id } => format!("Metal device {gpu_id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_cannot_be_opened_is_passed_over() {
        let fails = || Err(candle_core::Error::NotCompiledWithCudaSupport);
        let panics = || panic!("no driver");
        assert!(first(&[fails, panics]).is_cpu());
        assert!(first(&[]).is_cpu());
    }

    #[test]
    fn there_is_always_a_device_that_computes() {
        let device = Device::best();
        let sum = candle_core::Tensor::ones(3, candle_core::DType::F32, &device).unwrap().sum_all().unwrap();
        assert_eq!(sum.to_scalar::<f32>().unwrap(), 3.0);
        assert!(!name(&device).is_empty());
    }
}
