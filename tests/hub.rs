//! The Hugging Face hub's part, against a server on the loopback with the hub's
//! layout: the resolve address answers with the revision, the SHA-256 and a
//! redirect to a CDN, the CDN with byte ranges. The hub itself is not asked. (Long, since every test needs
//! the same two servers.)

mod support;

use candle_core::Device;
use sevenlines::fetch::http::Limits;
use sevenlines::fetch::hub::Hub;
use sevenlines::weights::{Dense, Normalisation, Weights, hub_file};
use sevenlines::{Backbone, Error};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::checkpoints;
use support::server::{Answer, Request, Server};
use support::tiny::{self, TINY, flat, numbers};

const MOBILENET: &str = "/timm/mobilenetv4_conv_small.e2400_r224_in1k";
const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hub's answer to `/{repository}/resolve/{revision}/model.safetensors`.
fn resolve(request: &Request, cdn: &str, sha256: &str, size: usize) -> Answer {
    let (repository, _) = request.path.split_once("/resolve/").expect("a file is asked for");
    assert!(["/timm/vgg16.tv_in1k", MOBILENET].contains(&repository), "{repository}");
    let file = format!("{repository}/resolve/");
    assert!(
        request.path == format!("{file}main/model.safetensors")
            || request.path == format!("{file}{REVISION}/model.safetensors")
    );
    Answer::new(302, "Found. Redirecting")
        .header("X-Repo-Commit", REVISION)
        .header("X-Linked-Size", size)
        .header("X-Linked-Etag", format!("\"{sha256}\""))
        .header("Location", format!("{cdn}/repos/1f/2e/blob?Expires=1&Signature=x"))
}

/// A hub with its CDN on another port; `answer` is the CDN's for the file.
struct World {
    hub: Hub,
    front: Server,
    cdn: Arc<Server>,
    folder: tempfile::TempDir,
}

fn world(
    file: Vec<u8>,
    sha: String,
    answer: impl Fn(&Request, &[u8]) -> Answer + Send + Sync + 'static,
) -> World {
    let size = file.len();
    let cdn = Arc::new(Server::start(move |request| answer(request, &file)));
    let address = cdn.url.clone();
    let front = Server::start(move |request| resolve(request, &address, &sha, size));
    let folder = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(1500);
    let limits = Limits { connect: short, response: short, stall: short };
    let hub = Hub {
        endpoint: front.url.clone(),
        cache: folder.path().join("hub"),
        offline: false,
        token: Some("secret".into()),
        first_contact: limits,
        limits,
        layout: TINY,
    };
    World { hub, front, cdn, folder }
}

fn honest(tensors: &tiny::Tensors) -> World {
    let file = tiny::safetensors(tensors);
    let sha = sha256(&file);
    world(file, sha, |request, file| Answer::file(request, file, "cdn"))
}

impl World {
    fn conv(&self) -> PathBuf {
        self.folder.path().join("weights/vgg16-conv.safetensors")
    }

    fn convolution_base(&self) -> sevenlines::Result<()> {
        self.hub.convolution_base(&self.conv(), &mut |_, _| {})
    }

    fn full(&self) -> sevenlines::Result<PathBuf> {
        self.hub.full(&mut |_, _| {})
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_convolution_base_comes_by_byte_ranges_alone() {
    // A classifier large enough to see that it is not fetched.
    let mut tensors = tiny::timm(1);
    tensors.push((
        "pre_logits.padding".into(),
        candle_core::Tensor::zeros(300_000, candle_core::DType::F32, &Device::Cpu).unwrap(),
    ));
    let world = honest(&tensors);
    let mut last = (0, None);
    world.hub.convolution_base(&world.conv(), &mut |done, total| last = (done, total)).unwrap();
    assert_eq!(Some(last.0), last.1);
    let weights = Weights::open_as(world.conv(), TINY).unwrap();
    assert!(!weights.is_full());
    assert_eq!(weights.normalisation(), Normalisation::TORCH);
    assert!(weights.describe().contains("timm/vgg16.tv_in1k") && weights.describe().contains("01234567"));
    for (name, conv) in [("features.0", (1, 1)), ("features.14", (3, 3)), ("features.28", (5, 3))] {
        let (kernel, bias) = weights.conv(conv.0, conv.1, &Device::Cpu).unwrap();
        assert_eq!(flat(&kernel), numbers(&tensors, &format!("{name}.weight")));
        assert_eq!(flat(&bias), numbers(&tensors, &format!("{name}.bias")));
    }
    let fetched: u64 = world
        .cdn
        .requests()
        .iter()
        .map(|request| {
            let range = request.range.as_ref().expect("only ranges are asked for");
            let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            end.parse::<u64>().unwrap() - start.parse::<u64>().unwrap() + 1
        })
        .sum();
    assert!(fetched < 100_000, "{fetched} bytes of 1.2 MB were fetched");
    assert_eq!(files(world.conv().parent().unwrap()), ["vgg16-conv.safetensors"], "no part is left");
}

#[test]
fn the_token_goes_to_the_hub_and_not_to_its_cdn() {
    let world = honest(&tiny::timm(2));
    world.convolution_base().unwrap();
    assert!(world.front.requests().iter().all(|request| request.token.as_deref() == Some("Bearer secret")));
    assert!(world.cdn.requests().iter().all(|request| request.token.is_none()));
}

#[test]
fn the_full_file_lies_in_the_cache_as_the_hubs_own_programs_put_it() {
    let tensors = tiny::timm(3);
    let world = honest(&tensors);
    let file = world.full().unwrap();
    let repository = world.hub.cache.join("models--timm--vgg16.tv_in1k");
    assert_eq!(file, repository.join("snapshots").join(REVISION).join("model.safetensors"));
    assert_eq!(std::fs::read_to_string(repository.join("refs/main")).unwrap(), REVISION);
    assert_eq!(files(&repository.join("blobs")), [sha256(&tiny::safetensors(&tensors))]);
    assert_eq!(hub_file(&world.hub.cache), Some(file.clone()));
    let weights = Weights::open_as(&file, TINY).unwrap();
    assert!(weights.is_full());
    assert!(weights.describe().contains("Hugging Face"));
    let (matrix, _) = weights.dense(Dense::Fc7, &Device::Cpu).unwrap();
    assert_eq!(flat(&matrix), numbers(&tensors, "pre_logits.fc2.weight"));

    // Once it is there, the CDN is asked for no more than whether it is the same.
    let before = world.cdn.requests().len();
    assert_eq!(world.full().unwrap(), file);
    assert_eq!(world.cdn.requests()[before..].len(), 1);
    let offline = Hub { offline: true, endpoint: "http://127.0.0.1:1".into(), ..world.hub.clone() };
    assert_eq!(offline.full(&mut |_, _| {}).unwrap(), file);
    assert!(
        offline
            .convolution_base(&world.conv(), &mut |_, _| {})
            .unwrap_err()
            .to_string()
            .contains("HF_HUB_OFFLINE")
    );
}

#[test]
fn a_broken_connection_is_resumed_where_it_broke() {
    let tensors = tiny::timm(4);
    let file = tiny::safetensors(&tensors);
    let (sha, size) = (sha256(&file), file.len());
    let breaks = AtomicUsize::new(0);
    let world = world(file, sha, move |request, file| {
        let answer = Answer::file(request, file, "cdn");
        match answer.body.len() > 1000 && breaks.fetch_add(1, Ordering::SeqCst) < 2 {
            true => answer.cut(1000),
            false => answer,
        }
    });
    let mut seen = Vec::new();
    world.hub.full(&mut |done, total| seen.push((done, total))).unwrap();
    let ranges: Vec<Option<String>> = world.cdn.requests().into_iter().map(|request| request.range).collect();
    assert_eq!(ranges[1..], [None, Some("bytes=1000-".into()), Some("bytes=2000-".into())]);
    assert_eq!(seen.last(), Some(&(size as u64, Some(size as u64))));
    assert!(seen.is_sorted(), "progress never goes back");
}

#[test]
fn what_came_before_a_restart_is_kept_unless_the_file_changed() {
    let tensors = tiny::timm(5);
    let file = tiny::safetensors(&tensors);
    let sha = sha256(&file);
    let state = Arc::new(AtomicUsize::new(0));
    let current = state.clone();
    let world = world(file, sha, move |request, file| match current.load(Ordering::SeqCst) {
        // The first eight bytes come; of the rest, 500 and then silence.
        0 if request
            .range
            .as_ref()
            .is_none_or(|range| !range.starts_with("bytes=0-7") && !range.starts_with("bytes=8-")) =>
        {
            let is_first = request.if_range.is_none();
            let sent = if is_first { 500 } else { 0 };
            Answer { stall: Duration::from_secs(60), ..Answer::file(request, file, "first").cut(sent) }
        }
        0 => Answer::file(request, file, "first"),
        _ => Answer::file(request, file, "second"),
    });
    let error = world.full().unwrap_err().to_string();
    assert!(error.contains("nothing came for 1.5 s"), "{error}");
    // 500 are kept, but the server's file has another ETag now: it begins anew.
    state.store(1, Ordering::SeqCst);
    world.full().unwrap();
    let last = world.cdn.requests().pop().unwrap();
    assert_eq!((last.range.as_deref(), last.if_range.as_deref()), (Some("bytes=500-"), Some("\"first\"")));

    // The same for the ranges of the convolution base.
    state.store(0, Ordering::SeqCst);
    world.convolution_base().unwrap_err();
    state.store(1, Ordering::SeqCst);
    world.convolution_base().unwrap();
    Weights::open_as(world.conv(), TINY).unwrap();
}

#[test]
fn a_restart_goes_on_where_the_last_run_stalled() {
    let tensors = tiny::timm(6);
    let file = tiny::safetensors(&tensors);
    let sha = sha256(&file);
    let stalls = AtomicUsize::new(0);
    let world = world(file, sha, move |request, file| {
        let answer = Answer::file(request, file, "cdn");
        match answer.body.len() > 3000 && stalls.fetch_add(1, Ordering::SeqCst) == 0 {
            true => Answer { stall: Duration::from_secs(60), ..answer.cut(0) },
            false => answer,
        }
    });
    let started = Instant::now();
    let error = world.convolution_base().unwrap_err().to_string();
    assert!(error.contains("nothing came for 1.5 s"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "the stall was waited out");
    assert!(!world.conv().exists());
    world.convolution_base().unwrap();
    Weights::open_as(world.conv(), TINY).unwrap();
}

#[test]
fn damage_on_the_way_is_found_and_thrown_away() {
    let file = tiny::safetensors(&tiny::timm(7));
    let world = world(file, "ab".repeat(32), |request, file| Answer::file(request, file, "cdn"));
    let error = world.full().unwrap_err().to_string();
    assert!(error.contains("SHA-256") && error.contains(&"ab".repeat(32)), "{error}");
    assert!(hub_file(&world.hub.cache).is_none());
    let blobs = world.hub.cache.join("models--timm--vgg16.tv_in1k/blobs");
    assert_eq!(files(&blobs), [""; 0], "nothing damaged is kept");
}

/// Every other answer that is not the file: one clear error, nothing installed.
#[test]
fn answers_that_are_not_the_file_are_named() {
    type Cdn = fn(&Request, &[u8]) -> Answer;
    let cases: [(&str, Cdn, &str); 6] = [
        (
            "HTML",
            |_, _| Answer::new(200, "<html>log in</html>").header("Content-Type", "text/html; charset=utf-8"),
            "a web page came",
        ),
        ("no ranges", |_, file| Answer::new(200, file), "does not send byte ranges"),
        (
            "another range",
            |request, file| {
                let mut answer = Answer::file(request, file, "cdn");
                answer.headers.iter_mut().for_each(|header| {
                    if header.0 == "Content-Range" {
                        header.1 = "bytes 9-16/99".into()
                    }
                });
                answer
            },
            "does not send byte ranges",
        ),
        ("too few bytes", |request, file| Answer::file(request, file, "cdn").cut(4), "127.0.0.1"),
        ("trouble", |_, _| Answer::new(503, "busy"), "status 503"),
        ("gone", |_, _| Answer::new(404, "no"), "status 404"),
    ];
    for (name, cdn, expected) in cases {
        let file = tiny::safetensors(&tiny::timm(8));
        let sha = sha256(&file);
        let world = world(file, sha, cdn);
        for error in [world.convolution_base().unwrap_err(), world.full().unwrap_err()] {
            assert!(matches!(error, Error::Download { .. }), "{name}: {error}");
            assert!(error.to_string().contains(expected), "{name}: {error}");
        }
        assert!(!world.conv().exists(), "{name}");
    }
}

#[test]
fn lying_lengths_are_found() {
    let file = tiny::safetensors(&tiny::timm(9));
    let sha = sha256(&file);
    // The whole file is announced and sent 100 bytes short, under a true hash.
    let short = world(file.clone(), sha.clone(), |request, file| match request.range {
        Some(_) => Answer::file(request, file, "cdn"),
        None => Answer::new(200, &file[..file.len() - 100]),
    });
    let error = short.full().unwrap_err().to_string();
    assert!(error.contains("bytes are offered, not the"), "{error}");
    // A header that says more tensors than the file has bytes.
    let truncated = file[..file.len() - 50].to_vec();
    let world = world(truncated, sha, |request, file| Answer::file(request, file, "cdn"));
    let error = world.convolution_base().unwrap_err().to_string();
    assert!(error.contains("not what its safetensors header says"), "{error}");
}

#[test]
fn another_network_under_the_name_is_refused() {
    let mut tensors = tiny::timm(10);
    let at = tensors.iter().position(|(name, _)| name == "features.10.weight").unwrap();
    tensors[at].1 = candle_core::Tensor::zeros((9, 9, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
    let world = honest(&tensors);
    assert!(
        matches!(world.convolution_base(), Err(Error::WeightShape { tensor, .. }) if tensor == "features.10.weight")
    );
    assert!(matches!(world.full(), Err(Error::WeightShape { .. })));
    assert!(hub_file(&world.hub.cache).is_none());
    let mut tensors = tiny::timm(10);
    tensors.iter_mut().find(|(name, _)| name == "features.19.bias").unwrap().1 =
        candle_core::Tensor::full(f32::NAN, 5, &Device::Cpu).unwrap();
    let world = honest(&tensors);
    let error = world.convolution_base().unwrap_err().to_string();
    assert!(error.contains("features.19.bias"), "{error}");
}

#[test]
fn what_is_not_the_hub_is_told_apart() {
    let file = tiny::safetensors(&tiny::timm(11));
    let other = Server::start(move |request| Answer::file(request, &file, "x"));
    let world = honest(&tiny::timm(11));
    let hub = Hub { endpoint: other.url.clone(), ..world.hub.clone() };
    let error = hub.convolution_base(&world.conv(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("not the Hugging Face hub"), "{error}");
    let around = Server::start(|request| Answer::new(302, "").header("Location", &request.path));
    let hub = Hub { endpoint: around.url.clone(), ..world.hub.clone() };
    let error = hub.full(&mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("redirected more than 5 times"), "{error}");
    // Nobody listens at all: refused at once, or no connection within the limit.
    let hub = Hub { endpoint: "http://127.0.0.1:9".into(), ..world.hub.clone() };
    let error = hub.full(&mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("online"), "{error}");
}

#[test]
fn a_server_that_never_answers_costs_the_first_limit_alone() {
    let silent = Server::start(|_| {
        std::thread::sleep(Duration::from_secs(60));
        Answer::new(200, "")
    });
    let world = honest(&tiny::timm(12));
    let hub = Hub { endpoint: silent.url.clone(), limits: Limits::default(), ..world.hub.clone() };
    let started = Instant::now();
    let error = hub.convolution_base(&world.conv(), &mut |_, _| {}).unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(20) && error.contains("within 1.5 s"), "{error}");
    assert!(silent.requests().len() <= 1, "it was asked again");
}

#[test]
fn another_backbone_comes_into_the_cache_and_a_damaged_one_again() {
    let tensors = checkpoints::tensors("mobilenetv4");
    let world = honest(&tensors);
    let mut seen = (0, None);
    let file = world.hub.backbone(Backbone::MobileNetV4, &mut |done, all| seen = (done, all)).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    assert_eq!(seen, (size, Some(size)));
    let repository = world.hub.cache.join("models--timm--mobilenetv4_conv_small.e2400_r224_in1k");
    assert_eq!(file, repository.join("snapshots").join(REVISION).join("model.safetensors"));
    let weights = Weights::open_for(Backbone::MobileNetV4, &file).unwrap();
    assert!(weights.describe().contains("from the Hugging Face hub (Apache 2.0)"), "{weights}");

    // Once there, it is not fetched again, and offline it is found.
    let before = world.cdn.requests().len();
    world.hub.backbone(Backbone::MobileNetV4, &mut |_, _| {}).unwrap();
    assert_eq!(world.cdn.requests()[before..].len(), 1);
    let offline = Hub { offline: true, ..world.hub.clone() };
    assert_eq!(offline.backbone(Backbone::MobileNetV4, &mut |_, _| {}).unwrap(), file);
    let error = offline.backbone(Backbone::ResNet18, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("timm/resnet18.a1_in1k") && error.contains("HF_HUB_OFFLINE"), "{error}");

    // A file that was cut off since makes way.
    let blob = std::fs::canonicalize(&file).unwrap();
    std::fs::OpenOptions::new().write(true).open(&blob).unwrap().set_len(1000).unwrap();
    assert!(matches!(Weights::open_for(Backbone::MobileNetV4, &file), Err(Error::Corrupt { .. })));
    world.hub.backbone(Backbone::MobileNetV4, &mut |_, _| {}).unwrap();
    Weights::open_for(Backbone::MobileNetV4, &file).unwrap();
}

#[test]
fn another_network_under_a_backbones_name_is_refused() {
    let mut tensors = checkpoints::tensors("mobilenetv4");
    tensors.retain(|(name, _)| name != "norm_head.bias");
    let world = honest(&tensors);
    let error = world.hub.backbone(Backbone::MobileNetV4, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::BackboneWeights { .. }), "{error}");
    assert!(error.to_string().contains("no tensor norm_head.bias"), "{error}");
    let repository = world.hub.cache.join("models--timm--mobilenetv4_conv_small.e2400_r224_in1k");
    assert!(!repository.join("snapshots").exists(), "nothing is installed under the name");
}
