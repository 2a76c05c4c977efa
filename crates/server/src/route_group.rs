//! Groups of routes: limits, authentication and the description that all routes of a group share.

use std::time::Duration;

use axum::middleware;
use utoipa::openapi::{OpenApi, RefOr, Response, ResponseBuilder, path::Operation, security::SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;

use super::{
    access::Access,
    allow::{OpenRoutes, limit_open},
    auth::{self, Guard},
    openapi,
};
use crate::state::ServerState;

impl Access {
    /// Returns `routes` as a group that lets in only those who may, and whose description says so. Each request may take as long as
    /// `limit`.
    pub(super) fn group(
        self,
        app: &ServerState,
        limit: Duration,
        mut routes: OpenApiRouter<ServerState>,
    ) -> OpenApiRouter<ServerState> {
        self.describe(routes.get_openapi_mut());
        let app = app.clone();
        if self == Self::Open {
            return routes.route_layer(middleware::from_fn_with_state(OpenRoutes { app, limit }, limit_open));
        }
        routes.route_layer(middleware::from_fn_with_state(Guard { access: self, app, limit }, auth::guard))
    }

    /// Writes into the description what every route of the group may answer.
    fn describe(self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.delete, &mut item.put];
            for operation in operations.into_iter().flatten() {
                self.describe_operation(path, operation);
            }
        }
    }

    fn describe_operation(self, path: &str, operation: &mut Operation) {
        let mut answers = vec![
            ("414", "The path is too long."),
            ("429", "Too many requests, of this caller or of all: ask again after the seconds of Retry-After."),
            ("500", "Internal error; the log has the reason."),
            ("507", "The disk of the database is full."),
            ("503", "The database or the artifact store does not answer."),
            ("504", "The answer took too long."),
        ];
        if operation.request_body.is_some() {
            answers.push(("408", "The body arrived too slowly."));
        }
        if self != Self::Open {
            operation.security = Some(openapi::WAYS_IN.map(|name| SecurityRequirement::new(name, [""; 0])).into());
            answers.push(("401", "A key is needed, and there was none or not one of ours."));
            answers.push((
                "403",
                "The role of the key does not allow this, or the request comes from another site's page.",
            ));
        }
        let (media_type, content) = openapi::refusal(path);
        for (status, description) in answers {
            let answer: RefOr<Response> =
                ResponseBuilder::new().description(description).content(media_type, content.clone()).build().into();
            operation.responses.responses.entry(status.to_owned()).or_insert(answer);
        }
    }
}
