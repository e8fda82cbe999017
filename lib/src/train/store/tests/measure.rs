//! How long it takes: run by hand, on a machine with nothing else to do.

use super::*;
use std::time::Instant;

/// `cargo test --release -p sevenlines --lib store::tests::measure -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn times() {
    for pictures in [800, 11_500] {
        let lab = Lab { limit: 2_000_000_000, ..Lab::new(pictures) };
        std::thread::sleep(Duration::from_millis(2100));
        let batches = lab.batches("pictures");
        let mut store = lab.store();
        let seconds = |what: &str, work: &mut dyn FnMut()| {
            let began = Instant::now();
            work();
            println!("{:6} pictures: {:7.1} ms {what}", batches.len(), began.elapsed().as_secs_f64() * 1e3);
        };
        let rows: Vec<_> = (0..batches.len())
            .map(|index| content(&batches, index))
            .map(|content| (content, made_of(&content, 1024)))
            .collect();
        seconds("look-up in an empty store", &mut || drop(store.lookup(&batches)));
        seconds("put, with what is written meanwhile", &mut || {
            for (index, (content, row)) in rows.iter().enumerate() {
                store.put(&batches, index, *content, row.clone());
            }
        });
        seconds("flush", &mut || store.flush());
        seconds("look-up in memory", &mut || assert!(store.lookup(&batches).iter().all(Option::is_some)));
        let mut store = lab.store();
        seconds("look-up after a restart", &mut || {
            assert!(store.lookup(&batches).iter().all(Option::is_some));
        });
        seconds("flush after it", &mut || store.flush());
        println!("{:6} pictures: {} bytes on disk", batches.len(), lab.disk().bytes());
        std::fs::rename(lab.path("pictures"), lab.path("moved")).unwrap();
        let moved = lab.batches("moved");
        let mut store = lab.store();
        seconds("look-up after a restart, the folder moved", &mut || {
            assert!(store.lookup(&moved).iter().all(Option::is_some));
        });
        seconds("flush after it", &mut || store.flush());
    }
    let lab = Lab::new(1);
    for count in [8, 61, 122] {
        let (mut start, mut least) = (count * 1000, f64::INFINITY);
        for _ in 0..10 {
            let change = super::rows(&lab, start..start + count, 1024);
            let began = Instant::now();
            lab.disk().write(&change, Duration::ZERO).unwrap();
            least = least.min(began.elapsed().as_secs_f64());
            start += count;
        }
        println!("{count:6} rows written: {:.1} ms at best of 10", least * 1e3);
    }
}
