//! What all requests share.

use std::{ops::Deref, sync::Arc};

use closecast_app::services::Services;

use crate::{
    admission::AdmissionLimits, events::EventBroadcaster, monitor::Monitor, options::ServerSettings,
    readiness::Readiness, security::Security,
};

/// What all requests share: the services, and what the server itself keeps. The fields of [`Services`] are found through it too.
#[derive(Clone)]
pub struct ServerState(Arc<Parts>);

/// What [`ServerState`] gives access to.
pub struct Parts {
    app: Services,
    /// How requests are answered.
    pub settings: Arc<ServerSettings>,
    pub(crate) admission: AdmissionLimits,
    pub(crate) security: Arc<Security>,
    pub(crate) readiness: Readiness,
    pub(crate) events: Arc<EventBroadcaster>,
    pub(crate) monitor: Arc<Monitor>,
}

impl ServerState {
    /// Returns the state of a server that has answered nothing yet.
    pub fn new(app: Services, settings: ServerSettings) -> Self {
        Self(Arc::new(Parts {
            admission: AdmissionLimits::new(&settings.limits),
            security: Arc::new(Security::new(&settings.limits)),
            readiness: Readiness::default(),
            events: Arc::default(),
            monitor: Arc::new(Monitor::new(app.clock.as_ref())),
            settings: Arc::new(settings),
            app,
        }))
    }

    /// Ends all WebSocket connections, and accepts no more.
    pub fn stop_events(&self) {
        self.events.stop();
    }

    /// Returns once all WebSocket connections have ended.
    pub async fn events_ended(&self) {
        self.events.ended().await;
    }

    /// Returns once every entry of the audit log is written.
    pub async fn audit_written(&self) {
        self.security.acts.close();
        self.security.acts.wait().await;
    }
}

impl Deref for ServerState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.app
    }
}
