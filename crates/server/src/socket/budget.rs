//! How much of something a client may do: so often at once, and then so often a second.

use std::time::Duration;

use tokio::time::Instant;

/// What is left to a client.
#[derive(Debug)]
pub(super) struct Budget {
    most: u32,
    /// Time after which there is one more.
    every: Duration,
    left: u32,
    since: Instant,
}

impl Budget {
    /// Returns a budget of `most` at once, and one more each `every`.
    pub(super) fn new(most: u32, every: Duration) -> Self {
        Self { most, every, left: most, since: Instant::now() }
    }

    /// Takes one; returns whether there was one left.
    pub(super) fn take(&mut self) -> bool {
        while self.left < self.most && self.since.elapsed() >= self.every {
            self.left += 1;
            self.since += self.every;
        }
        if self.left == self.most {
            self.since = Instant::now();
        }
        let has_one = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_budget_fills_up_again_but_not_beyond_its_size() {
        let mut budget = Budget::new(3, Duration::from_secs(1));
        let mut taken = || (0..10).take_while(|_| budget.take()).count();
        assert_eq!(taken(), 3);
        tokio::time::advance(Duration::from_millis(2500)).await;
        assert_eq!(taken(), 2);
        tokio::time::advance(Duration::from_millis(600)).await;
        assert_eq!(taken(), 1);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(taken(), 3);
    }
}
