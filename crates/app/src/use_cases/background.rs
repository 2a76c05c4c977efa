//! Long arithmetic beside everything else.

use tokio::sync::oneshot;

use crate::error::AppError;

/// Runs `work` on a thread of its own, which yields the processors to whoever answers requests, in this program or another.
///
/// # Errors
/// [`AppError::Runtime`] if the thread cannot be started, [`AppError::Internal`] if the work panicked.
pub async fn run<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        yield_to_others();
        // What the work shared with others is not used any more when it panicked.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // Nobody waits any more when the program is on its way out.
        _ = sender.send(done);
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(AppError::Runtime)?;
    let done = receiver.await.map_err(|_gone| AppError::Internal(format!("the thread {name:?} is gone")))?;
    done.map_err(|panic| AppError::Internal(panic_message(&*panic)))
}

/// Returns what a panic said.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}

/// Lowers the priority of this thread and of those that it starts. With 10, one of normal priority gets about nine times
/// the processor time while both want it, and training gets all of it otherwise.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!("the priority of training stays as it is: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_and_not_the_end_of_the_program() {
        let failed: Result<(), _> = run("test", || panic!("on purpose")).await;
        assert!(matches!(failed, Err(AppError::Internal(text)) if text == "panicked: on purpose"));
        assert_eq!(run("test", || 7).await.unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_priority_is_lower_there_in_threads_started_there_and_nowhere_else() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        let (own, started) =
            run("test", move || (priority(), std::thread::spawn(priority).join().unwrap())).await.unwrap();
        assert!(own > before && started == own, "{before} {own} {started}");
        assert_eq!(priority(), before);
    }
}
