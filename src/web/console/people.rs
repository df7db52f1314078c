//! The people who run the festivals: added with a one-time link, given another role, removed; and their API tokens.

use super::asked::Named;
use super::at::{AtConsole, PAGE_LINES};
use super::form::Form;
use super::shell::{Place, Shell};
use super::words;
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::{OperatorId, TokenId};
use crate::operators::{self, Email, Invitation, Listed, Role, SecondFactor, TokenName};
use crate::web::app::PublicUrl;
use crate::web::caller::ManageOperators;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

const PATH: &str = "/console/people";

#[derive(Template)]
#[template(path = "web/console/people.html")]
struct PeoplePage {
    shell: Shell,
    form: Form,
    people: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    /// There are more than are shown; the command line lists them.
    more: bool,
}

struct Line {
    id: OperatorId,
    email: String,
    role: &'static str,
    has_password: bool,
    tokens: usize,
    is_you: bool,
}

#[derive(Template)]
#[template(path = "web/console/person.html")]
struct PersonPage {
    shell: Shell,
    path: String,
    email: String,
    role: &'static str,
    has_password: bool,
    since: String,
    tokens: Vec<TokenLine>,
    roles: Vec<(&'static str, &'static str)>,
    form: Form,
    has_codes: bool,
    is_you: bool,
}

struct TokenLine {
    id: TokenId,
    name: TokenName,
    made: String,
    /// To within an hour.
    used: Option<String>,
    revoked: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/revoke_token.html")]
struct RevokePage {
    shell: Shell,
    path: String,
    name: TokenName,
}

/// What is shown once.
#[derive(Template)]
#[template(path = "web/console/secret.html")]
struct SecretPage {
    shell: Shell,
    title: String,
    explained: String,
    secret: String,
    back: String,
}

/// Roles with what they are for.
fn roles() -> Vec<(&'static str, &'static str)> {
    let words = |role: &Role| match role {
        Role::Admin => "admin: everything, and who may do what",
        Role::Organiser => "organiser: sets festivals up, prints, watches the money",
        Role::HelpDesk => "help desk: lost wristbands and wrong charges",
        Role::Finance => "finance: the books, payments and payers",
        Role::Viewer => "viewer: looks, and changes nothing",
    };
    Role::ALL.iter().map(|role| (role.as_str(), words(role))).collect()
}

/// `GET /console/people`
pub(super) async fn get(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    show(&at, &store, Form::with([("role", "help-desk")])).await
}

/// `POST /console/people`: adds somebody; the page that answers shows their link, once.
pub(super) async fn post(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let (email, role) = (form.read::<Email>("email"), form.read::<Role>("role"));
    let Some((email, role)) = email.zip(role) else { return show(&at, &store, form).await };
    match operators::add(&store, &at.actor(), clock.now(), &email, role).await {
        Ok(invitation) => Ok(link_page(&at, &public_url, &invitation)),
        Err(why) => {
            form.refused(why, "email")?;
            show(&at, &store, form).await
        }
    }
}

async fn show(at: &AtConsole<ManageOperators>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let listed = operators::list(&mut *store.read().await?).await?;
    let most = usize::try_from(PAGE_LINES).unwrap_or_default() * 4;
    let more = listed.len() > most;
    let people = listed.into_iter().take(most).map(|listed| Line {
        id: listed.operator.id,
        email: listed.operator.email.to_string(),
        role: words::role(listed.operator.role),
        has_password: listed.has_password,
        tokens: listed.tokens.iter().filter(|token| token.revoked_at.is_none()).count(),
        is_you: listed.operator.id == at.operator.id,
    });
    let (status, shell) = (form.status(), at.shell(Place::People));
    Ok(at.page(status, &PeoplePage { shell, form, people: people.collect(), roles: roles(), more }))
}

fn link_page(at: &AtConsole<ManageOperators>, public_url: &PublicUrl, invitation: &Invitation) -> Response {
    let Invitation { operator, link, expires_at } = invitation;
    let shown = SecretPage {
        shell: at.shell(Place::People).under("People", PATH),
        title: format!("A link for {}", operator.email),
        explained: format!(
            "Send it to {} yourself. It sets a password, works once, and until {}. It is not shown again.",
            operator.email,
            belgian_time(*expires_at)
        ),
        secret: format!("{}/console/password/{}", public_url.0, link.reveal()),
        back: format!("{PATH}/{}", operator.id),
    };
    at.page(StatusCode::OK, &shown)
}

/// `GET /console/people/{id}`
pub(super) async fn person(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
    Named(id): Named<OperatorId>,
) -> Result<Response, Sorry> {
    let known = found(&store, id).await?;
    show_person(&at, &store, known, Form::default()).await
}

/// `POST /console/people/{id}`: what its button says.
pub(super) async fn change(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    Named(id): Named<OperatorId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let known = found(&store, id).await?;
    let (path, actor, now) = (format!("{PATH}/{id}"), at.actor(), clock.now());
    let email = known.operator.email.clone();
    let is_self = known.operator.id == at.operator.id;
    if let Some(why) = not_to_oneself(form.text("do")).filter(|_| is_self) {
        form.wrong("", why);
        return show_person(&at, &store, known, form).await;
    }
    match form.text("do") {
        "role" => {
            let Some(role) = form.read::<Role>("role") else {
                return show_person(&at, &store, known, form).await;
            };
            operators::change_role(&store, &actor, now, &email, role).await?;
            Ok(at.done(&path, &format!("{email} has the role {} from now on.", words::role(role))))
        }
        "link" => {
            let invitation = operators::invite(&store, &actor, now, &email).await?;
            Ok(link_page(&at, &public_url, &invitation))
        }
        "token" => {
            let Some(name) = form.read::<TokenName>("name") else {
                return show_person(&at, &store, known, form).await;
            };
            // The page's own id: sent twice, it makes one token.
            let id = form.text("id").parse().unwrap_or_else(|_| TokenId::new());
            let made = match operators::token(&store, &actor, now, id, &email, &name).await {
                Ok(made) => made,
                Err(why) => {
                    form.refused(why, "")?;
                    return show_person(&at, &store, known, form).await;
                }
            };
            let shown = SecretPage {
                shell: at.shell(Place::People).under("People", PATH).under(email.to_string(), path.clone()),
                title: format!("An API token of {email}: {name}"),
                explained: "It has the rights of this person until it is revoked. It is not shown again."
                    .to_owned(),
                secret: made.token.reveal().to_owned(),
                back: path,
            };
            Ok(at.page(StatusCode::OK, &shown))
        }
        "codes" => {
            let said = match operators::reset_second_factor(&store, &actor, now, &email).await? {
                true => format!("{email} signs in without a code, until they turn codes on again."),
                false => format!("{email} signs in without a code already: nothing was reset."),
            };
            Ok(at.done(&path, &said))
        }
        "remove" if form.text("sure") != "yes" => {
            form.wrong("sure", "say that you are sure: their sessions and tokens end at once");
            show_person(&at, &store, known, form).await
        }
        "remove" => {
            operators::remove(&store, &actor, now, &email).await?;
            Ok(at.done(PATH, &format!("{email} may do nothing any more.")))
        }
        _ => Err(Problem::not_found().into()),
    }
}

/// Why nobody does this to themselves here. Somebody must remain who says who may do what; and a password and codes change
/// with the password, so that who finds a browser open doesn't take an account over.
fn not_to_oneself(what: &str) -> Option<&'static str> {
    match what {
        "role" | "remove" => Some("this is yourself: another admin has to do that"),
        "link" | "codes" => {
            Some("this is yourself: that is done under You, with the password; another admin can without it")
        }
        _ => None,
    }
}

/// `GET /console/people/tokens/{token}`: what revoking it does.
pub(super) async fn ask_revoke(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
    Named(id): Named<TokenId>,
) -> Result<Response, Sorry> {
    let listed = operators::list(&mut *store.read().await?).await?;
    let theirs = |listed: Listed| {
        let Listed { operator, tokens, .. } = listed;
        let token = tokens.into_iter().find(|token| token.id == id && token.revoked_at.is_none());
        token.map(|token| (operator, token.name))
    };
    let (owner, name) = listed.into_iter().find_map(theirs).ok_or_else(Problem::not_found)?;
    let path = format!("{PATH}/{}", owner.id);
    let shell = at.shell(Place::People).under("People", PATH).under(owner.email.to_string(), path.clone());
    Ok(at.page(StatusCode::OK, &RevokePage { shell, path, name }))
}

/// `POST /console/people/tokens/{token}`: revokes it.
pub(super) async fn revoke_token(
    at: AtConsole<ManageOperators>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<TokenId>,
    _: Form,
) -> Result<Response, Sorry> {
    let (owner, name) = operators::revoke_token(&store, &at.actor(), clock.now(), id).await?;
    Ok(at.done(&format!("{PATH}/{}", owner.id), &format!("The token \"{name}\" is revoked.")))
}

async fn found(store: &Store, id: OperatorId) -> Result<Listed, Sorry> {
    let listed = operators::list(&mut *store.read().await?).await?;
    let known = listed.into_iter().find(|listed| listed.operator.id == id);
    Ok(known.ok_or_else(Problem::not_found)?)
}

async fn show_person(
    at: &AtConsole<ManageOperators>,
    store: &Store,
    known: Listed,
    form: Form,
) -> Result<Response, Sorry> {
    let codes = operators::second_factor(&mut *store.read().await?, known.operator.id).await?;
    let email = known.operator.email.to_string();
    // The page's other forms say nothing of the role.
    let names_role = !form.text("role").is_empty();
    let form = if names_role { form } else { form.instead("role", known.operator.role.as_str()) };
    let form = form.instead("id", TokenId::new().to_string());
    let shown = PersonPage {
        shell: at.shell(Place::People).under("People", PATH),
        path: format!("{PATH}/{}", known.operator.id),
        role: words::role(known.operator.role),
        has_password: known.has_password,
        since: belgian_time(known.operator.created_at),
        tokens: known
            .tokens
            .iter()
            .map(|token| TokenLine {
                id: token.id,
                name: token.name.clone(),
                made: belgian_time(token.created_at),
                used: token.last_used_at.map(belgian_time),
                revoked: token.revoked_at.map(belgian_time),
            })
            .collect(),
        roles: roles(),
        is_you: known.operator.id == at.operator.id,
        has_codes: matches!(codes, SecondFactor::On { .. }),
        email,
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}
