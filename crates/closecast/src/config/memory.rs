//! How the settings divide the memory of the process, and the defaults that fit into it.

use closecast_app::{
    byte_size::ByteSize,
    memory::{PER_BAR, Plan, at_least, detected, share, too_little},
};
use closecast_server::options::LimitSettings;

use super::Settings;

/// What a connection may take beside what `server.limits.buffers` counts: the buffers of its protocol.
const PER_CONNECTION: u64 = 64 * 1024;

/// Connections that one address may have at least, by default: a browser opens six.
const LEAST_CONNECTIONS_EACH: usize = 8;

/// Returns how much memory this process may use, in bytes: the setting `memory`, or what the machine, the cgroup and the
/// resource limits allow, at least [`closecast_app::memory::LEAST`].
pub(super) fn available(settings: &Settings) -> u64 {
    settings.memory.map_or_else(|| at_least(detected()), ByteSize::bytes)
}

/// Returns how the memory of the process is divided.
pub(super) fn plan(settings: &Settings) -> Plan {
    plan_of(available(settings), settings)
}

fn plan_of(available: u64, settings: &Settings) -> Plan {
    let server = &settings.server;
    let held = [server.model_cache, server.forecast_cache, server.limits.buffers];
    let held = held.into_iter().fold(0_u64, |sum, size| sum.saturating_add(size.bytes()));
    Plan::new(available, held, settings.worker.jobs)
}

/// Logs how the memory is divided, and warns where settings ask for more than there is.
pub(crate) fn log(settings: &Settings) {
    let plan = plan(settings);
    let (server, megabytes) = (&settings.server, |bytes: u64| bytes / 1_000_000);
    tracing::info!(
        "memory: {} MB available; server.model_cache {} MB, server.forecast_cache {} MB, server.limits.buffers {} MB, fetched prices {} MB, \
         server.limits.connections {}, {} rows for each of {} import(s) and {} MB for each of {} job(s) at a time",
        megabytes(plan.available),
        megabytes(server.model_cache.bytes()),
        megabytes(server.forecast_cache.bytes()),
        megabytes(server.limits.buffers.bytes()),
        megabytes(plan.provider_bars as u64 * PER_BAR),
        server.limits.connections,
        plan.import_rows,
        plan.imports_at_a_time,
        megabytes(plan.training),
        settings.worker.jobs,
    );
    if settings.memory.is_some() && plan.available > detected() {
        tracing::warn!(
            "memory is set to {} MB, but machine, cgroup and resource limits allow {} MB",
            megabytes(plan.available),
            megabytes(detected())
        );
    }
    let too_little = settings.memory.is_none().then(|| too_little(detected())).flatten();
    for warning in [too_little, warning(&plan), connections_warning(&server.limits)].into_iter().flatten() {
        tracing::warn!("{warning}");
    }
}

/// Returns what to say when the caches and imports do not fit into the memory.
fn warning(plan: &Plan) -> Option<String> {
    (plan.reserved > plan.available).then(|| {
        format!(
            "server.model_cache, server.forecast_cache and imports need up to {} MB together, but {} MB are available: the \
             process may be killed; lower the caches, or give it more memory",
            plan.reserved / 1_000_000,
            plan.available / 1_000_000
        )
    })
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

/// Lowers the defaults whose memory is a share of the available one. Today's defaults are the most; settings that are given
/// explicitly replace these.
pub(super) fn fit_defaults(settings: &mut Settings, available: u64) {
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
    use closecast_app::memory::{IMPORT_ROWS, PER_IMPORTED_ROW};

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
            let plan = plan_of(available, &settings);
            assert_eq!(warning(&plan), None, "{available}");
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
        let warning = warning(&plan_of(256 << 20, &settings)).unwrap();
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
        let one = plan_of(GIB, &settings).training;
        settings.worker.jobs = 4;
        assert_eq!(plan_of(GIB, &settings).training, one / 4);
    }
}
