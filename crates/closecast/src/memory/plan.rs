//! How the memory of a process is divided between its caches, uploads, connections and trainings.

use closecast_store::MAX_ARTIFACT_BYTES;

use crate::config::{ByteSize, LimitSettings, Settings};

/// What the program takes without caches and requests: code, thread stacks, connections to the database, pages.
const PROGRAM: u64 = 48_000_000;

/// The most that the trainings of a process may take together, however large the machine is.
const TRAINING_AT_MOST: u64 = 8 << 30;

/// What a connection may take beside what `server.limits.buffers` counts: the buffers of its protocol.
const PER_CONNECTION: u64 = 64 * 1024;

/// Connections that one address may have at least, by default: a browser opens six.
const LEAST_CONNECTIONS_EACH: usize = 8;

/// What a bar in the provider's cache takes.
const PER_BAR: u64 = 150;

/// What a row of an imported file takes at most, from the parser to the check of its history: `crates/data/tests/memory.rs`
/// measures it.
const PER_IMPORTED_ROW: u64 = 480;

/// Rows of one file at most, and files that are read at a time, where memory is not short.
const IMPORT_ROWS: u64 = 2_000_000;
const IMPORTS_AT_A_TIME: u64 = 4;

/// How the memory of this process is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Memory that the process may use, in bytes.
    pub(crate) available: u64,
    /// Bars that the provider's cache may hold.
    pub(crate) provider_bars: usize,
    /// Rows that an imported file may have.
    pub(crate) import_rows: usize,
    /// Rows of a file that a command imports, beside which nothing else runs.
    pub(crate) import_rows_alone: usize,
    /// Files that are read at a time; others wait.
    pub(crate) imports_at_a_time: usize,
    /// Bytes of the largest artifact that is read: as bytes and as a model it is in memory some four times.
    pub(crate) artifact: u64,
    /// Bytes that one training may take beside a server.
    pub(crate) training: u64,
    /// Bytes that a training may take that a command runs, beside which nothing else runs.
    pub(crate) training_alone: u64,
    /// Bytes that everything beside trainings may take, once all of it is full.
    reserved: u64,
}

impl Plan {
    /// Divides `available` bytes: the settings name the sizes of the caches, imports have a share, and trainings the rest.
    pub(crate) fn new(available: u64, settings: &Settings) -> Self {
        let server = &settings.server;
        let provider = share(available, 16).min(75_000_000);
        let import = share(available, 4);
        let rows = (import / PER_IMPORTED_ROW).min(IMPORT_ROWS);
        let rows_alone = (3 * import / PER_IMPORTED_ROW).min(IMPORT_ROWS);
        let at_a_time = (import / (rows * PER_IMPORTED_ROW).max(1)).clamp(1, IMPORTS_AT_A_TIME);
        let reserved = PROGRAM
            .saturating_add(server.model_cache.bytes())
            .saturating_add(server.forecast_cache.bytes())
            .saturating_add(server.limits.buffers.bytes())
            .saturating_add(provider)
            .saturating_add(rows * at_a_time * PER_IMPORTED_ROW);
        let rest = available.saturating_sub(reserved).max(share(available, 4)).min(TRAINING_AT_MOST);
        Self {
            available,
            provider_bars: usize::try_from(provider / PER_BAR).unwrap_or(usize::MAX),
            import_rows: usize::try_from(rows).unwrap_or(usize::MAX),
            import_rows_alone: usize::try_from(rows_alone).unwrap_or(usize::MAX),
            imports_at_a_time: usize::try_from(at_a_time).unwrap_or(1),
            artifact: share(available, 8).min(MAX_ARTIFACT_BYTES),
            training: rest / settings.worker.jobs.max(1) as u64,
            training_alone: (available - PROGRAM.min(available / 2)).min(TRAINING_AT_MOST),
            reserved,
        }
    }

    /// Limits each training of this process, which runs alone in a command and beside caches and requests in a service.
    pub(crate) fn limit_trainings(&self, is_service: bool) {
        let bytes = if is_service { self.training } else { self.training_alone };
        closecast_nn::limit_training_memory(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Logs how the memory is divided, and warns where settings ask for more than there is.
    pub(crate) fn log(&self, settings: &Settings) {
        let (server, megabytes) = (&settings.server, |bytes: u64| bytes / 1_000_000);
        tracing::info!(
            "memory: {} MB available; server.model_cache {} MB, server.forecast_cache {} MB, server.limits.buffers {} MB, fetched prices {} MB, \
             server.limits.connections {}, {} rows for each of {} import(s) and {} MB for each of {} job(s) at a time",
            megabytes(self.available),
            megabytes(server.model_cache.bytes()),
            megabytes(server.forecast_cache.bytes()),
            megabytes(server.limits.buffers.bytes()),
            megabytes(self.provider_bars as u64 * PER_BAR),
            server.limits.connections,
            self.import_rows,
            self.imports_at_a_time,
            megabytes(self.training),
            settings.worker.jobs,
        );
        if settings.memory.is_some() && self.available > super::detected() {
            tracing::warn!(
                "memory is set to {} MB, but machine, cgroup and resource limits allow {} MB",
                megabytes(self.available),
                megabytes(super::detected())
            );
        }
        let too_little = settings.memory.is_none().then(|| super::too_little(super::detected())).flatten();
        for warning in [too_little, self.warning(), connections_warning(&server.limits)].into_iter().flatten() {
            tracing::warn!("{warning}");
        }
    }

    /// Returns what to say when the caches and imports do not fit into the memory.
    fn warning(&self) -> Option<String> {
        (self.reserved > self.available).then(|| {
            format!(
                "server.model_cache, server.forecast_cache and imports need up to {} MB together, but {} MB are available: the \
                 process may be killed; lower the caches, or give it more memory",
                self.reserved / 1_000_000,
                self.available / 1_000_000
            )
        })
    }
}

/// Returns what to say when one address may take every connection.
fn connections_warning(limits: &LimitSettings) -> Option<String> {
    let LimitSettings { connections, connections_each, .. } = limits;
    (connections_each >= connections).then(|| {
        format!(
            "server.limits.connections_each is {connections_each} and server.limits.connections is {connections}: one address can take \
             every connection; give connections_each less"
        )
    })
}

/// Returns `1/parts` of what is left beside the program itself.
fn share(available: u64, parts: u64) -> u64 {
    (available - PROGRAM.min(available / 2)) / parts
}

/// Lowers the defaults whose memory is a share of the available one. Today's defaults are the most; settings that are given
/// explicitly replace these.
pub(crate) fn fit_defaults(settings: &mut Settings, available: u64) {
    let server = &mut settings.server;
    let lower = |size: &mut ByteSize, parts| *size = (*size).min(ByteSize::of(share(available, parts)));
    lower(&mut server.model_cache, 8);
    lower(&mut server.forecast_cache, 16);
    lower(&mut server.limits.buffers, 16);
    let connections = usize::try_from(share(available, 4) / PER_CONNECTION).unwrap_or(usize::MAX);
    server.limits.connections = server.limits.connections.min(connections.max(64));
    // One address alone must not be able to take every connection.
    let each = (server.limits.connections / 4).max(LEAST_CONNECTIONS_EACH);
    server.limits.connections_each = server.limits.connections_each.min(each);
    server.limits.websockets = server.limits.websockets.min((connections / 2).max(32));
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn fitted(available: u64) -> Settings {
        let mut settings = Settings::default();
        fit_defaults(&mut settings, available);
        settings
    }

    #[test]
    fn defaults_fit_whatever_memory_there_is() {
        for available in [96_000_000, 256 << 20, 512 << 20, GIB, 4 * GIB, 64 * GIB] {
            let settings = fitted(available);
            let plan = Plan::new(available, &settings);
            assert_eq!(plan.warning(), None, "{available}");
            assert!(plan.reserved + plan.training <= available, "{available}: {plan:?}");
            assert!(plan.import_rows as u64 >= available.min(GIB) / 4400, "{available}: {plan:?}");
            // A command may use most of the memory, but not all.
            let alone = plan.import_rows_alone as u64;
            assert!(alone * PER_IMPORTED_ROW <= available * 3 / 4, "{available}: {plan:?}");
            assert!(alone >= (3 * plan.import_rows as u64).min(IMPORT_ROWS), "{available}: {plan:?}");
        }
        assert_eq!(fitted(4 * GIB), Settings::default());
    }

    #[test]
    fn plan_warns_when_explicit_settings_cannot_fit() {
        let mut settings = fitted(256 << 20);
        settings.server.model_cache = ByteSize::of(GIB);
        let warning = Plan::new(256 << 20, &settings).warning().unwrap();
        assert!(warning.contains("server.model_cache") && warning.contains("268 MB"), "{warning}");
    }

    #[test]
    fn one_address_cannot_take_every_connection_by_default() {
        for available in [64_000_000, 96_000_000, 256 << 20, GIB, 64 * GIB] {
            let limits = fitted(available).server.limits;
            assert!(limits.connections_each >= 8 && limits.connections_each * 4 <= limits.connections, "{limits:?}");
            assert_eq!(connections_warning(&limits), None);
        }
        assert_eq!(fitted(64 * GIB).server.limits.connections_each, 256);
        let limits = LimitSettings { connections: 64, ..LimitSettings::default() };
        let warning = connections_warning(&limits).unwrap();
        assert!(warning.contains("connections_each is 256") && warning.contains("connections is 64"), "{warning}");
    }

    #[test]
    fn training_memory_is_divided_between_the_jobs_at_a_time() {
        let mut settings = fitted(GIB);
        let one = Plan::new(GIB, &settings).training;
        settings.worker.jobs = 4;
        assert_eq!(Plan::new(GIB, &settings).training, one / 4);
    }
}
