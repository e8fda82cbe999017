//! Trying batch sizes, on the real convolution base and small generated pictures.

mod support;

use sevenlines::data::{Augment, BatchOptions, Batches};
use sevenlines::train::{BatchSizes, Epoch, FitOptions, History};
use sevenlines::{Error, Learner, interrupt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use support::installed::vgg16;
use support::pictures::classes;

/// Requests to stop are the whole process's.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ten pictures to train on and six to validate with.
fn set(vgg: &Learner, folder: &Path) -> (Batches, Batches) {
    let train = classes(&folder.join("train"), &[("cats", 5), ("dogs", 5)]);
    let valid = classes(&folder.join("valid"), &[("cats", 3), ("dogs", 3)]);
    (vgg.get_batches(train, 64).unwrap(), vgg.get_batches(valid, 4).unwrap())
}

/// All but the time that it took.
fn numbers(history: &History) -> Vec<(usize, [u32; 4])> {
    let bits = |e: &Epoch| (e.epoch, [e.loss, e.acc, e.val_loss, e.val_acc].map(f32::to_bits));
    history.epochs.iter().map(bits).collect()
}

#[test]
fn each_size_is_what_fit_would_give_and_the_model_stays_as_it_is() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(3);
    let (batches, val_batches) = set(&vgg, folder.path());
    assert!(vgg.batch_sizes().unwrap_err().to_string().contains("try_batch_sizes"));
    let before_finetune = vgg.try_batch_sizes(&batches, &val_batches, &[4], 1).unwrap();
    let mut fresh = vgg.clone();
    vgg.finetune(&batches).unwrap();
    let history = vgg.fit(&batches, &val_batches, 1).unwrap();
    let measured = vgg.evaluate(&val_batches).unwrap();

    let sizes = Vec::from([3u8, 10, 200]);
    let tried = vgg.try_batch_sizes(&batches, &val_batches, &sizes, 3_i32).unwrap();
    assert!(tried.is_complete());
    assert_eq!(tried.runs.iter().map(|run| run.updates()).collect::<Vec<_>>(), [4 * 3, 3, 3]);
    assert_eq!((tried.pictures, tried.learning_rate, tried.get(7)), (10, vgg.lr().unwrap(), None));
    assert!(vgg.batch_sizes().unwrap() == tried);
    assert_eq!(vgg.evaluate(&val_batches).unwrap(), measured);
    assert_eq!(numbers(&vgg.history()), numbers(&history));
    // The pictures to validate with are six of the same ten.
    assert_eq!(vgg.features_kept(), 10, "the body has seen each picture once");

    for run in &tried.runs {
        let mut fresh = vgg.clone();
        let batches = vgg.get_batches(batches.root(), run.batch_size).unwrap();
        fresh.finetune(&batches).unwrap();
        let fitted = fresh.fit(&batches, &val_batches, 3).unwrap();
        assert_eq!(numbers(&fitted), numbers(&run.history), "batch size {}", run.batch_size);
    }
    let batches = fresh.get_batches(batches.root(), 4).unwrap();
    fresh.finetune(&batches).unwrap();
    let fitted = fresh.fit(&batches, &val_batches, 1).unwrap();
    assert_eq!(numbers(&fitted), numbers(&before_finetune.runs[0].history));
}

#[test]
fn it_shows_a_table_and_a_plot_and_lives_on_in_its_variable() {
    let _alone = alone();
    fn is_owned<T: Send + Clone + 'static>(_: &T) {}
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = set(&vgg, folder.path());
    let options = FitOptions { nb_epoch: 2, learning_rate: Some(0.5), ..Default::default() };
    let tried = vgg.try_batch_sizes_with(&batches, &val_batches, &[2u64, 5], options).unwrap();
    is_owned(&tried);
    assert_eq!(tried.learning_rate, 0.5);
    let text = tried.to_string();
    assert_eq!(text.lines().count(), 4, "{text}");
    let rows = tried.table().rows().to_vec();
    assert_eq!((rows[0][0].as_str(), rows[0][1].as_str()), ("2", "10"));
    assert_eq!((rows[1][0].as_str(), rows[1][1].as_str()), ("5", "4"));
    assert_eq!(rows[1][6], format!("{:.4}", tried.get(5).unwrap().val_acc()));
    let svg = tried.plot().unwrap().svg().to_owned();
    for words in ["training loss", "loss of each batch", "validation accuracy", "time of an epoch"] {
        assert!(svg.contains(words), "{words}");
    }
    for run in &tried.runs {
        assert!(run.seconds() > 0.0);
        // Linux tells; the weights alone are tens of megabytes.
        assert!(run.peak_memory.is_none_or(|bytes| bytes > 50_000_000), "{:?}", run.peak_memory);
    }
}

#[test]
fn sizes_that_cannot_be_tried() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = set(&vgg, folder.path());
    let mut says = |sizes: &[i32], words: &str| {
        let error = vgg.try_batch_sizes(&batches, &val_batches, sizes, 1).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(&[], "no batch size");
    says(&[8, 0], "a batch size is 0");
    says(&[8, -1], "a batch size is -1");
    says(&[8, 16, 8], "the batch size 8 is there twice");
    assert!(vgg.try_batch_sizes(&batches, &val_batches, &[8], 0).is_err());
    let other = classes(&folder.path().join("other"), &[("cats", 2), ("foxes", 2)]);
    let other = vgg.get_batches(other, 4).unwrap();
    let error = vgg.try_batch_sizes(&batches, &other, &[8], 1).unwrap_err();
    assert_eq!(error.name(), "ClassMismatch", "{error}");
    let options = FitOptions { learning_rate: Some(-1.0), ..Default::default() };
    let error = vgg.try_batch_sizes_with(&batches, &val_batches, &[8], options).unwrap_err();
    assert_eq!(error.name(), "OutOfRange", "{error}");
}

#[test]
fn augmented_pictures_differ_in_each_epoch() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let (batches, val_batches) = set(&vgg, folder.path());
    let options = BatchOptions { augment: Some(Augment::default()), ..Default::default() };
    let augmented = vgg.get_batches_with(batches.root(), 5, options).unwrap();
    let tried = vgg.try_batch_sizes(&augmented, &val_batches, &[5], 2).unwrap();
    vgg.finetune(&augmented).unwrap();
    let fitted = vgg.fit(&augmented, &val_batches, 2).unwrap();
    assert_eq!(numbers(&fitted), numbers(&tried.runs[0].history));
}

/// Asks for a stop `after` this long; what is known then.
fn stopped(vgg: &mut Learner, sets: &(Batches, Batches), nb_epoch: usize, after: Duration) -> BatchSizes {
    let asker = std::thread::spawn(move || {
        std::thread::sleep(after);
        interrupt::request();
    });
    let result = vgg.try_batch_sizes(&sets.0, &sets.1, &[2, 5, 10], nb_epoch);
    asker.join().unwrap();
    interrupt::clear();
    let kept = vgg.batch_sizes().unwrap();
    match result {
        Ok(found) => assert!(found.is_complete() && found == kept),
        Err(error) => assert!(matches!(error, Error::Interrupted) && !kept.is_complete(), "{error}"),
    }
    kept
}

#[test]
fn what_is_done_before_an_interrupt_is_kept() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut vgg = vgg16(0);
    let sets = set(&vgg, folder.path());
    let nb_epoch = 500;
    let began = Instant::now();
    let whole = vgg.try_batch_sizes(&sets.0, &sets.1, &[2, 5, 10], nb_epoch).unwrap();
    let whole_time = began.elapsed();
    // A machine may stand still for a while: another moment is tried until the stop
    // falls into the second or third size.
    let mut moments = (1..200).map(|i| whole_time * (i * 37 % 100) / 100);
    let kept = loop {
        let kept = stopped(&mut vgg, &sets, nb_epoch, moments.next().expect("a stop in the middle"));
        if kept.runs.len() > 1 && !kept.is_complete() {
            break kept;
        }
    };
    assert_eq!(numbers(&kept.runs[0].history), numbers(&whole.runs[0].history));
    let last = kept.runs.last().unwrap();
    let same = &whole.runs[kept.runs.len() - 1];
    let epochs = last.history.epochs.len();
    assert_eq!(numbers(&last.history), numbers(&same.history)[..epochs]);
    assert_eq!(last.batch_losses, same.batch_losses[..last.updates()]);
    assert!(kept.to_string().contains(&format!("{} of 3 batch sizes are complete.", kept.runs.len() - 1)));
    let again = vgg.try_batch_sizes(&sets.0, &sets.1, &[10], 1).unwrap();
    assert!(again.is_complete());
}
