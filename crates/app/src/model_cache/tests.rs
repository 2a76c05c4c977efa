use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{sync::Barrier, task::JoinSet, time::sleep};

use super::*;

const KIB: u64 = 1024;

fn key(sha256: &str) -> ModelKey {
    ModelKey { name: "AAPL".to_owned(), sha256: sha256.to_owned() }
}

/// Gets a model of so many KiB and returns whether it had to be loaded.
async fn loads(cache: &ModelCache<String, Infallible>, name: &str, kib: u64) -> bool {
    let mut loaded = false;
    let load = async {
        loaded = true;
        Ok(Loaded { value: name.to_owned(), memory_bytes: kib * KIB })
    };
    assert_eq!(*cache.get_or_load(&key(name), load).await.unwrap(), name);
    loaded
}

#[tokio::test]
async fn the_bound_holds_after_every_load() {
    let cache = ModelCache::new(100 * KIB);
    for round in 0..500_u64 {
        loads(&cache, &format!("{}", round * 7 % 61), 1 + round * 13 % 40).await;
        assert!(cache.kept_bytes() <= 100 * KIB, "{} after {round}", cache.kept_bytes());
    }
    assert!(cache.kept_bytes() > 50 * KIB, "it keeps what it can");
}

#[tokio::test]
async fn the_model_unused_for_longest_goes_first() {
    let cache = ModelCache::new(30 * KIB);
    for name in ["a", "b", "c"] {
        assert!(loads(&cache, name, 10).await);
    }
    assert!(!loads(&cache, "a", 10).await);
    assert!(loads(&cache, "d", 10).await, "b goes");
    assert!(!loads(&cache, "c", 10).await && !loads(&cache, "a", 10).await && !loads(&cache, "d", 10).await);
    assert!(loads(&cache, "b", 10).await, "c goes");
    assert!(!loads(&cache, "a", 10).await && loads(&cache, "c", 10).await);
}

#[tokio::test]
async fn a_model_above_the_bound_is_used_and_not_kept_and_drives_nothing_out() {
    let cache = ModelCache::new(30 * KIB);
    assert!(loads(&cache, "a", 10).await && loads(&cache, "b", 20).await);
    assert!(loads(&cache, "large", 31).await && loads(&cache, "large", 31).await);
    assert!(loads(&cache, "huge", u64::MAX / KIB).await);
    assert!(!loads(&cache, "a", 10).await && !loads(&cache, "b", 20).await);
    let none = ModelCache::new(0);
    assert!(loads(&none, "a", 1).await && loads(&none, "a", 1).await);
}

/// Has 32 tasks ask for one model at the same moment, and returns how often it was loaded, and what each was told.
async fn ask_together(
    cache: &Arc<ModelCache<usize, String>>,
    load: fn(usize) -> Result<usize, String>,
) -> (usize, Vec<Result<Arc<usize>, Arc<String>>>) {
    let (count, start) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(32)));
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let (cache, count, start) = (Arc::clone(cache), Arc::clone(&count), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            let load = async {
                let number = count.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(100)).await;
                load(number).map(|value| Loaded { value, memory_bytes: KIB })
            };
            cache.get_or_load(&key("a"), load).await
        });
    }
    let results = tasks.join_all().await;
    (count.load(Ordering::SeqCst), results)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_for_one_missing_model_share_one_load() {
    let cache = Arc::new(ModelCache::new(KIB));
    let (loads, results) = ask_together(&cache, Ok).await;
    assert_eq!((loads, results.len()), (1, 32));
    let first = results[0].as_ref().unwrap();
    assert!(results.iter().all(|model| Arc::ptr_eq(model.as_ref().unwrap(), first)), "all have the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failed_load_is_told_to_all_who_wait_and_then_tried_again() {
    let cache = Arc::new(ModelCache::new(KIB));
    let (loads, results) = ask_together(&cache, |number| Err(format!("failure {number}"))).await;
    assert_eq!(loads, 1);
    assert!(results.iter().all(|results| results.as_ref().unwrap_err().as_str() == "failure 0"));
    let (loads, results) = ask_together(&cache, Ok).await;
    assert!(loads == 1 && results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_load_whose_request_is_dropped_is_taken_over() {
    let cache = Arc::new(ModelCache::<_, Infallible>::new(KIB));
    let get = |load: Option<usize>| {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move {
            let load = async {
                let Some(model) = load else { return std::future::pending().await };
                Ok(Loaded { value: model, memory_bytes: KIB })
            };
            cache.get_or_load(&key("a"), load).await
        })
    };
    let first = get(None);
    sleep(Duration::from_millis(20)).await;
    let second = get(Some(2));
    sleep(Duration::from_millis(20)).await;
    assert!(!second.is_finished(), "it waits for the first");
    first.abort();
    assert_eq!(*second.await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn a_new_champion_serves_at_once_while_the_old_one_is_still_in_use() {
    let cache = ModelCache::new(30 * KIB);
    loads(&cache, "old", 10).await;
    cache.set_champion("AAPL", key("old"));
    let in_use = cache.champion("AAPL").unwrap();
    cache.set_champion("AAPL", key("new"));
    assert!(cache.champion("AAPL").is_none(), "the old one must not serve");
    loads(&cache, "new", 30).await;
    assert_eq!(*cache.champion("AAPL").unwrap(), "new");
    assert_eq!((in_use.as_str(), Arc::strong_count(&in_use)), ("old", 1), "only its reader still has it");
}

#[tokio::test]
async fn the_champion_is_asked_for_once_until_it_is_forgotten() {
    let cache = ModelCache::<String, Infallible>::new(KIB);
    let knows = async |key: Option<ModelKey>| cache.champion_key("AAPL", async { Ok::<_, ()>(key) }).await.unwrap();
    assert_eq!(knows(None).await, None);
    assert_eq!(knows(Some(key("1"))).await, Some(key("1")), "that there is none is not remembered");
    assert_eq!(knows(Some(key("2"))).await, Some(key("1")));
    cache.invalidate("MSFT");
    assert_eq!(knows(Some(key("2"))).await, Some(key("1")));
    cache.invalidate("AAPL");
    assert_eq!(knows(Some(key("2"))).await, Some(key("2")));
    cache.invalidate_all();
    assert_eq!(knows(Some(key("3"))).await, Some(key("3")));
    cache.invalidate("AAPL");
    assert_eq!(cache.champion_key("AAPL", async { Err("gone") }).await, Err("gone"));
}

#[tokio::test]
async fn an_answer_that_a_change_overtook_is_not_remembered() {
    let cache = ModelCache::<String, Infallible>::new(KIB);
    let slow = cache.champion_key("AAPL", async {
        // The database has answered with version 1; before that is heard here, version 2 is promoted.
        cache.invalidate("AAPL");
        Ok::<_, ()>(Some(key("1")))
    });
    assert_eq!(slow.await, Ok(Some(key("1"))));
    assert_eq!(cache.champion_key("AAPL", async { Ok::<_, ()>(Some(key("2"))) }).await, Ok(Some(key("2"))));
    let slow = cache.champion_key("MSFT", async {
        cache.set_champion("MSFT", key("4"));
        Ok::<_, ()>(Some(key("3")))
    });
    assert_eq!(slow.await, Ok(Some(key("3"))));
    assert_eq!(cache.champion_key("MSFT", async { Ok::<_, ()>(None) }).await, Ok(Some(key("4"))));
}

#[tokio::test]
async fn versions_before_the_former_champion_are_dropped_when_another_takes_its_place() {
    let cache = ModelCache::<String, Infallible>::new(1000 * KIB);
    let serve = async |version: &str| {
        cache.invalidate("AAPL");
        cache.champion_key("AAPL", async { Ok::<_, Infallible>(Some(key(version))) }).await.unwrap();
        loads(&cache, version, 10).await
    };
    for version in ["1", "2", "3", "4"] {
        assert!(serve(version).await);
    }
    assert_eq!(cache.kept_bytes(), 20 * KIB, "the champion and the one before it");
    assert!(!serve("3").await, "a rollback loads nothing");
    assert!(!serve("3").await && cache.kept_bytes() == 20 * KIB, "the same one again changes nothing");
}
