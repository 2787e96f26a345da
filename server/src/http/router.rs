//! The table of contents: every route, grouped by caller.

use std::{any::Any, sync::Arc};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{connect, get},
};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    callers::{pairing, set_up, sign_in, tickets},
    clips::{self, uploads, viewing},
    codes::Code,
    decisions::restrictions,
    desk::{casebook, duties, endings, history, journal, late_restrictions, releases},
    documents,
    error::Problem,
    health,
    leases::{self, rotations},
    logs,
    openapi::{self, groups::Group},
    people::{
        circle, clients, consents, devices, participants, practice, push_subscriptions, recordings, sessions,
    },
    security_txt, sync,
    web::Web,
    wire::{
        body_limit::{self, BODY_LIMIT, within},
        door, idempotency, rates,
    },
};
use crate::app::App;

/// Members of staff, signed in.
fn staff() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(practice::read))
        .routes(routes!(clients::add, clients::list))
        .routes(routes!(clients::read))
        .routes(routes!(devices::list_of_client))
        .routes(routes!(devices::confirm))
        .routes(routes!(devices::note_copy))
        .routes(routes!(devices::remove))
        .routes(routes!(devices::remove_own))
        .routes(routes!(participants::add))
        .routes(routes!(recordings::add))
        .routes(routes!(recordings::of_client))
        .routes(routes!(recordings::read))
        .routes(routes!(consents::give))
        .routes(routes!(consents::withdraw))
        .routes(routes!(clips::of_client))
        .routes(routes!(clips::read, clips::destroy))
        .routes(routes!(viewing::fetch))
        .routes(routes!(uploads::begin))
        .routes(routes!(uploads::read, uploads::discard))
        .routes(routes!(uploads::finish))
        .routes(routes!(journal::letters))
        .routes(routes!(journal::read))
        .routes(routes!(journal::listening))
        .routes(routes!(documents::of_client))
        .routes(routes!(casebook::observe, casebook::observations))
        .routes(routes!(casebook::words))
        .routes(routes!(releases::release, releases::list))
        .routes(routes!(releases::amend))
        .routes(routes!(releases::hold))
        .routes(routes!(releases::hold_shelf))
        .routes(routes!(releases::lift))
        .routes(routes!(releases::revoke))
        .routes(routes!(releases::confirm))
        .routes(routes!(practice::confirm_restore))
        .routes(routes!(duties::list))
        .routes(routes!(late_restrictions::decide))
        .routes(routes!(endings::list))
}

/// Staff who write what people sign: a text may be long.
fn forms() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(consents::add_form, consents::list_forms))
}

/// Staff who send media: bounded by the clips' own limit, as it comes in.
fn media() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(clips::upload)).routes(routes!(uploads::take))
}

/// Paired devices of clients.
fn companion() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(documents::for_companion))
        .routes(routes!(circle::read))
        .routes(routes!(circle::remove_device))
        .routes(routes!(devices::tell_local_time))
        .routes(routes!(history::read))
        .routes(routes!(sessions::read))
        .routes(routes!(sessions::change_mind))
        .routes(routes!(clips::fetch))
        .routes(routes!(rotations::rotations))
        .routes(routes!(push_subscriptions::subscribe, push_subscriptions::unsubscribe))
}

/// What a device is told about its leases. No answer is ever kept: a lease that was given before a revocation must not be
/// given again after it, whatever key the request carries.
fn questions() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(leases::ask))
}

/// What a device states about its leases. No answer is kept here either.
fn receipts() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(leases::state))
}

/// Staff who are answered with a secret: a code, a device's token. No answer is ever kept, whatever key the request carries:
/// asked again, a route makes another secret.
fn staff_secrets() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(pairing::invite)).routes(routes!(devices::add_own, devices::list_own))
}

/// Phones that are answered with a code. No answer is kept here either.
fn companion_secrets() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(pairing::invite_next))
}

/// Paired devices, of clients and of staff, who are answered with a ticket. No answer is kept here either.
fn devices() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(tickets::issue))
}

/// Paired devices of staff, ended ones too.
fn consoles() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(restrictions::take))
}

/// Sockets: upgraded, so that no answer is remembered for them. Over HTTP/2 they are opened by CONNECT (RFC 8441), a method
/// that an OpenAPI document has no word for.
fn sockets() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sync::open))
        .routes(routes!(sync::open_with_ticket))
        .route("/v1/sync", connect(sync::open))
        .route("/v1/sync/{ticket}", connect(sync::open_with_ticket))
}

/// Staff who have no token yet. Guessed at, and so counted by address.
fn sign_in() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(sign_in::sign_in))
}

/// Phones that have no token yet. Guessed at, and so counted by address.
fn pair() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(pairing::pair))
}

/// Whoever sets the practice up, before anybody can sign in. Guessed at, and so counted by address.
fn set_up() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(set_up::prepare)).routes(routes!(set_up::prove))
}

/// Callers who need no token: operators, and apps before they have one.
fn anyone() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(set_up::waits))
        .routes(routes!(push_subscriptions::key))
        .routes(routes!(security_txt::read))
}

/// What every route says of itself, and what its group says of it.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    const STAFF: Group = Group {
        refuses: &[Code::Unauthenticated, Code::NotAllowed, Code::TooManyRequests, Code::Unavailable],
        asked_once: true,
    };
    const UPLOADS: Group = Group { asked_once: false, ..STAFF };
    const COMPANION: Group = Group {
        refuses: &[
            Code::Unauthenticated,
            Code::SignatureMissing,
            Code::ChallengeStale,
            Code::SignatureInvalid,
            Code::NotAllowed,
            Code::DeviceRemoved,
            Code::TooManyRequests,
            Code::Unavailable,
        ],
        asked_once: true,
    };
    const COMPANION_SECRETS: Group = Group { asked_once: false, ..COMPANION };
    // Removed devices are answered, and no answer is kept.
    const STATEMENTS: Group = Group {
        refuses: &[
            Code::Unauthenticated,
            Code::SignatureMissing,
            Code::ChallengeStale,
            Code::SignatureInvalid,
            Code::NotAllowed,
            Code::TooManyRequests,
            Code::Unavailable,
        ],
        asked_once: false,
    };
    const CONSOLES: Group = Group { asked_once: true, ..STATEMENTS };
    const STAFF_SECRETS: Group = Group { asked_once: false, ..STAFF };
    const SOCKETS: Group = Group { refuses: &[Code::Unavailable], asked_once: false };
    const GUESSED_AT: Group =
        Group { refuses: &[Code::TooManyRequests, Code::Unavailable], asked_once: false };
    const ANYONE: Group = Group { refuses: &[], asked_once: false };
    let groups = [
        (staff(), STAFF),
        (forms(), STAFF),
        (media(), UPLOADS),
        (companion(), COMPANION),
        (questions(), STATEMENTS),
        (receipts(), STATEMENTS),
        (consoles(), CONSOLES),
        (staff_secrets(), STAFF_SECRETS),
        (companion_secrets(), COMPANION_SECRETS),
        (devices(), STATEMENTS),
        (sockets(), SOCKETS),
        (sign_in(), GUESSED_AT),
        (pair(), GUESSED_AT),
        (set_up(), GUESSED_AT),
        (anyone(), ANYONE),
    ];
    groups.into_iter().fold(openapi::Document::openapi(), |document, (routes, group)| {
        document.merge_from(group.describe(routes.into_openapi()))
    })
}

fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let asked_once = || from_fn_with_state(Arc::clone(app), idempotency::answer_again);
    // Counted by its handler: a browser that is known has tries of its own.
    let counted = Extension(rates::Rates::new(Arc::clone(app)));
    let in_turn = || from_fn_with_state(Arc::clone(app), door::enter);
    let guarded = || from_fn_with_state(rates::Rates::new(Arc::clone(app)), rates::limit);
    // Routes with JSON bodies. Uploads have limits of their own and are not asked twice under a key.
    let short = staff()
        .merge(companion())
        .route_layer(asked_once())
        .merge(staff_secrets())
        .merge(companion_secrets())
        .merge(devices())
        .route_layer(in_turn())
        .merge(sign_in().route_layer(counted))
        .merge(pair().route_layer(guarded()))
        .merge(set_up().route_layer(guarded()));
    within(BODY_LIMIT, short)
        .merge(within(body_limit::FORM, forms().route_layer(asked_once()).route_layer(in_turn())))
        .merge(within(body_limit::RESTRICTIONS, consoles().route_layer(asked_once()).route_layer(in_turn())))
        .merge(within(body_limit::QUESTION, questions().route_layer(in_turn())))
        .merge(within(body_limit::RECEIPTS, receipts().route_layer(in_turn())))
        .merge(media().route_layer(in_turn()))
        .merge(sockets())
        .merge(anyone())
        .split_for_parts()
        .0
}

/// The whole service, with the web apps where they were built.
pub fn router(app: Arc<App>, web: Option<Web>) -> Router {
    // Shared by all answers: whoever asks for it, and anybody may, makes the server copy nothing.
    let document = Bytes::from(openapi::text(&document()));
    let openapi = move || {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        std::future::ready((kind, document.clone()))
    };
    dress(routes(&app).route("/openapi.json", get(openapi)), app, web)
}

/// Whether a proxy may write an answer to its disk before it passes it on (nginx, `proxy_buffering`).
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What every answer has in common, whatever it answers. What no route answers may be a file of the web apps.
pub(super) fn dress(routes: Router<Arc<App>>, app: Arc<App>, web: Option<Web>) -> Router {
    let web = Arc::new(web);
    let unrouted = move |request: Request| {
        let found = web
            .as_ref()
            .as_ref()
            .and_then(|web| web.answer(request.method(), request.uri().path(), request.headers()));
        std::future::ready(found.unwrap_or_else(|| Problem::no_such_route().into_response()))
    };
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    // For two years: whoever was here once comes back over TLS alone (RFC 6797).
    let only_over_tls = app.ground.settings.is_secure.then(|| HeaderValue::from_static("max-age=63072000"));
    routes
        .fallback(unrouted)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        // nginx writes long answers to its own disk first, in the clear, if they do not say this.
        .layer(fixed(X_ACCEL_BUFFERING, "no"))
        // Files of the web apps have policies of their own.
        .layer(fixed(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, only_over_tls))
        .layer(from_fn_with_state(Arc::clone(&app), logs::log))
        .with_state(app)
}

fn on_panic(_: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}
