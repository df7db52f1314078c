//! The API's description, made from its handlers: `GET /api/v1/openapi.json`.
//!
//! Handlers say what is their own: bodies, answers, and the problems by name that only they have. What holds for all
//! of them (the shape of a problem; 401 and 403 wherever a token is needed; 400, 413, 415 and 422 wherever a body is
//! read) is added here, so that it is neither forgotten nor repeated.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

const PROBLEM_TYPE: &str = "application/problem+json";

/// Why a request was refused (RFC 9457). Some problems carry more fields; each is named where it can occur.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "describes what `Problem` writes")]
struct ProblemBody {
    /// `urn:polsband:problem:` and the problem's name: what programs look at.
    #[schema(example = "urn:polsband:problem:insufficient-funds")]
    r#type: String,
    /// The name in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What was wrong, and what would be right.
    detail: String,
    /// The field that was wrong, where it was one.
    field: Option<String>,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Polsband",
        description = "Closed-loop wallets for festivals. Amounts are integer euro cents, times are RFC 3339 in UTC \
                       with microseconds, unknown fields are refused. Every answer has an `x-request-id`.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "Terminals", description = "What a bar's device does"),
        (name = "Events", description = "Festivals, their bars and devices"),
        (name = "Media", description = "Wristbands and cards: batches, printing, their lives"),
        (name = "Money", description = "Payments, what needs a person, and the books"),
    )
)]
struct Base;

/// What the API's own routes are added to.
pub(in crate::web) fn base() -> OpenApi {
    Base::openapi()
}

/// Adds what holds for all calls.
pub(in crate::web) fn complete(mut description: OpenApi) -> OpenApi {
    let components = description.components.get_or_insert_default();
    components.schemas.insert("Problem".to_owned(), ProblemBody::schema());
    let operators = "An operator's API token, from the console's page of that person or `polsband operator token`: it \
                     has their rights until it is revoked";
    for (name, whose) in [("operator", operators), ("terminal", "A terminal's token")] {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some(whose.to_owned());
        components.security_schemes.insert(name.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    }
    for path in description.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.delete, &mut path.patch];
        operations.into_iter().flatten().for_each(add_problems);
    }
    description
}

fn add_problems(operation: &mut Operation) {
    let mut add = |status: &str, names: &str| {
        let known = operation.responses.responses.get_mut(status);
        let described = known.and_then(|known| match known {
            RefOr::T(described) => Some(described),
            RefOr::Ref(_) => None,
        });
        match described {
            Some(described) => described.description = format!("{}, {names}", described.description),
            None => {
                let described = ResponseBuilder::new().description(names).build();
                operation.responses.responses.insert(status.to_owned(), RefOr::T(described));
            }
        }
    };
    if operation.security.is_some() {
        add("401", "`unauthorized`");
        add("403", "`not-allowed`");
    }
    if operation.request_body.is_some() {
        add("400", "`invalid-json`, `incomplete-body`");
        add("408", "`request-timeout`");
        add("413", "`body-too-large`");
        add("415", "`unsupported-media-type`");
        add("422", "`invalid-request` {field}");
    } else if operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) {
        add("404", "`not-found`");
    }
    add("500", "`internal`");
    add("503", "`unavailable`, `overloaded`; with `Retry-After`");
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            describe_problem(response);
        }
    }
}

fn describe_problem(response: &mut Described) {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert(PROBLEM_TYPE.to_owned(), RefOr::T(content));
}

/// The description as it is served.
#[derive(Clone)]
pub(in crate::web) struct Served(Arc<str>);

impl Served {
    pub(in crate::web) fn new(description: &OpenApi) -> Served {
        let text = serde_json::to_string_pretty(description).expect("a description is plain data");
        Served(text.into())
    }

    pub(in crate::web) fn answer(&self) -> Response {
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
        (headers, self.0.to_string()).into_response()
    }
}

/// Schemas of our words and values, for `#[schema(schema_with = …)]`.
pub(in crate::web) mod schemas {
    use serde_json::Value;
    use utoipa::openapi::schema::SchemaType;
    use utoipa::openapi::{Object, ObjectBuilder, Type};

    macro_rules! words {
        ($($name:ident = $words:ty;)*) => {$(
            pub(in crate::web) fn $name() -> Object {
                let words = <$words>::ALL.iter().map(|word| word.as_str());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
            }
        )*};
    }

    words! {
        behaviour = crate::events::Behaviour;
        codes = crate::events::Codes;
        colour = crate::events::products::Colour;
        counterfeit = crate::events::Counterfeit;
        activation = crate::events::Activation;
        over_balance = crate::events::OverBalance;
        language = crate::print::Language;
        level = crate::print::Level;
        medium_kind = crate::media::MediumKind;
        medium_status = crate::media::MediumStatus;
        batch_step = crate::media::batch_life::BatchStep;
        host_kind = crate::media::hosts::HostKind;
        retired = crate::media::hosts::Retired;
        account_kind = crate::ledger::AccountKind;
        posting_code = crate::ledger::Code;
        run_state = crate::payments::reconcile::RunState;
        charge_status = crate::terminals::ChargeStatus;
    }

    /// The same where null says something too.
    pub(in crate::web) fn language_or_null() -> Object {
        let words = crate::language::Language::ALL.iter().map(|word| Value::from(word.as_str()));
        let kinds = SchemaType::Array(vec![Type::String, Type::Null]);
        ObjectBuilder::new().schema_type(kinds).enum_values(Some(words.chain([Value::Null]))).build()
    }
}
