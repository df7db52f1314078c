//! The console: a link, a password, a session, and what each role sees.

mod accounts;
mod batches;
mod books;
mod closed;
mod house;
mod later_profile;
mod media;
mod money;
mod odd_money;
mod second_step;
mod set_up;
mod today;

use super::{Answer, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::operators::{self, Email, Role};
use axum::body::Body;
use axum::http::Method;
use std::time::Duration;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const PASSWORD: &str = "correct horse battery";

impl House {
    /// A new operator's one-time link.
    async fn invited(&self, email: &str, role: Role) -> String {
        let email: Email = email.parse().unwrap();
        let (store, now) = (&self.festival.store, self.festival.clock.now());
        let invitation = operators::add(store, &Actor::System("test"), now, &email, role).await.unwrap();
        format!("/console/password/{}", invitation.link.reveal())
    }

    async fn sends_form(&self, path: &str, form: &str, more: &[(&str, &str)]) -> Answer {
        let headers = [&[FORM], more].concat();
        self.anonymous().sends(Method::POST, path, &headers, form.to_owned()).await
    }

    /// Sets a password and signs in; the session's cookie.
    async fn signed_in(&self, email: &str, role: Role) -> String {
        let link = self.invited(email, role).await;
        let form = format!("password={PASSWORD}&again={PASSWORD}");
        let set = self.sends_form(&link, &form, &[OWN]).await;
        assert_eq!((set.status.as_u16(), set.header("location")), (303, "/console/sign-in?set"));
        let form = format!("email={email}&password={PASSWORD}");
        let answer = self.sends_form("/console/sign-in", &form, &[OWN]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console"));
        let cookie = answer.header("set-cookie");
        for part in ["polsband-session=pbs_", "Path=/", "Max-Age=86400", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn opens(&self, path: &str, cookie: &str) -> Answer {
        self.anonymous().sends(Method::GET, path, &[("cookie", cookie)], Body::empty()).await
    }

    /// Somebody of this role at the console.
    pub(super) async fn person(&self, role: Role) -> Person<'_> {
        // Sign-ins are counted by address and minute.
        self.festival.clock.advance(Duration::from_secs(60));
        let cookie = self.signed_in(&format!("{role}@fest.example"), role).await;
        Person { house: self, cookie }
    }
}

/// Somebody with a browser who signed in.
pub(super) struct Person<'h> {
    house: &'h House,
    cookie: String,
}

impl Person<'_> {
    async fn gets(&self, path: &str) -> Answer {
        self.house.opens(path, &self.cookie).await
    }

    /// Opens a page.
    pub(super) async fn sees(&self, path: &str) -> String {
        self.gets(path).await.page(200)
    }

    /// Sends a form of these fields.
    async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = urlencoded(fields);
        self.house.sends_form(path, &form, &[OWN, ("cookie", &self.cookie)]).await
    }

    /// Sends a form that is taken, and follows to the page that says so.
    #[track_caller]
    fn does<'a>(
        &'a self,
        path: &'a str,
        fields: &'a [(&'a str, &'a str)],
    ) -> impl Future<Output = String> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.sends(path, fields).await;
            assert_eq!(answer.status.as_u16(), 303, "{caller}: {}", answer.body);
            let notice = answer.header("set-cookie").split(';').next().unwrap();
            assert!(notice.starts_with("polsband-notice="), "{caller}: {notice}");
            let both = format!("{}; {notice}", self.cookie);
            let next = self.house.opens(answer.header("location"), &both).await;
            assert!(next.header("set-cookie").contains("Max-Age=0"), "a notice is shown once");
            next.page(200)
        }
    }
}

fn urlencoded(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

#[tokio::test]
async fn a_newcomer_sets_a_password_signs_in_sees_the_festivals_and_signs_out() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 123_456).await;
        let cookie = house.signed_in("anna@fest.example", Role::Finance).await;
        let home = house.opens("/console", &cookie).await.page(200);
        for part in ["Pukkelfest", "anna@fest.example", "href=\"/console/pukkelfest\""] {
            assert!(home.contains(part), "{part} is not in {home}");
        }
        let festival = house.opens("/console/pukkelfest", &cookie).await.page(200);
        for part in ["Pukkelfest", "€ 1.234,56", "Nothing waits for a person"] {
            assert!(festival.contains(part), "{part} is not in {festival}");
        }
        let nowhere = house.opens("/console/elsewhere", &cookie).await.page(404);
        assert!(nowhere.contains("href=\"/console\">Festivals</a>"), "{nowhere}");
        // Whoever is signed in keeps the navigation, also where no page was ever.
        let html = [("accept", "text/html"), ("cookie", cookie.as_str())];
        for path in [
            format!("/console/pukkelfest/waiting/{}", uuid::Uuid::now_v7()),
            "/console/pukkelfest/waiting/x".to_owned(),
            "/console/pukkelfest/reconcile/x".to_owned(),
            "/console/a/b/c/d".to_owned(),
        ] {
            let lost = house.anonymous().sends(Method::GET, &path, &html, Body::empty()).await.page(404);
            assert!(lost.contains("<nav class=\"house\"") && lost.contains("anna@fest.example"), "{lost}");
            assert_eq!(
                lost.contains("<nav aria-label=\"Pukkelfest\">"),
                path.contains("pukkelfest"),
                "{lost}"
            );
            let onward = match path.contains("pukkelfest") {
                true => "href=\"/console/pukkelfest\">To Pukkelfest</a>",
                false => "href=\"/\">To the first page</a>",
            };
            assert!(lost.contains(onward), "{lost}");
            let stranger = house.anonymous().sends(Method::GET, &path, &html[..1], Body::empty()).await;
            assert!(!stranger.body.to_string().contains("<nav"), "{}", stranger.body);
        }
        let out = house.sends_form("/console/sign-out", "", &[OWN, ("cookie", &cookie)]).await;
        assert_eq!((out.status.as_u16(), out.header("location")), (303, "/console/sign-in"));
        assert!(out.header("set-cookie").contains("Max-Age=0"));
        let gone = house.opens("/console", &cookie).await;
        assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/console/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_see_money_sees_festivals_without_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 123_456).await;
        let cookie = house.signed_in("vera@fest.example", Role::Viewer).await;
        let page = house.opens("/console/pukkelfest", &cookie).await.page(200);
        assert!(page.contains("Pukkelfest") && !page.contains("1.234,56"));
    })
    .await;
}

#[tokio::test]
async fn a_link_works_once_and_a_mistake_beside_its_field_costs_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let link = house.invited("anna@fest.example", Role::Admin).await;
        let page = house.anonymous().gets(&link).await.page(200);
        assert!(page.contains("<strong>anna@fest.example</strong> signs in to Polsband"), "{page}");
        let short = house.sends_form(&link, "password=short&again=short", &[OWN]).await.page(422);
        assert!(short.contains("A password has at least") && short.contains("aria-invalid"));
        let own = "password=anna@fest.example-1&again=anna@fest.example-1";
        let own = house.sends_form(&link, own, &[OWN]).await.page(422);
        assert!(own.contains("Your address and the name Polsband") && own.contains("aria-invalid"), "{own}");
        let differing = format!("password={PASSWORD}&again=another");
        assert!(house.sends_form(&link, &differing, &[OWN]).await.page(422).contains("not the same"));
        let form = format!("password={PASSWORD}&again={PASSWORD}");
        assert_eq!(house.sends_form(&link, &form, &[OWN]).await.status.as_u16(), 303);
        let ended = house.sends_form(&link, &form, &[OWN]).await.page(404);
        assert!(ended.contains("href=\"/console/sign-in\">Sign in</a>"), "{ended}");
        house.anonymous().gets(&link).await.page(404);
        house.anonymous().gets("/console/password/pbl_invented").await.page(404);
        house.festival.clock.advance(Duration::from_secs(60));
        let late = house.invited("bert@fest.example", Role::Admin).await;
        house.festival.clock.advance(Duration::from_secs(25 * 3600));
        house.anonymous().gets(&late).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_says_little_and_guessing_is_slowed_down() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.signed_in("anna@fest.example", Role::Admin).await;
        house.festival.clock.advance(Duration::from_secs(60));
        let guesses = ["anna@fest.example", "nobody@fest.example", "not an address", ""];
        let mut said = Vec::new();
        for email in guesses {
            let form = format!("email={email}&password=wrong");
            let page = house.sends_form("/console/sign-in", &form, &[OWN]).await.page(422);
            said.push(page.replace(&format!("value=\"{email}\""), ""));
        }
        said.dedup();
        assert_eq!(said.len(), 1, "{said:?}");
        for _ in guesses.len()..10 {
            house.sends_form("/console/sign-in", "email=a&password=b", &[OWN]).await.page(422);
        }
        let form = format!("email=anna@fest.example&password={PASSWORD}");
        let answer = house.sends_form("/console/sign-in?next=/console/me", &form, &[OWN]).await;
        let wait = answer.header("retry-after").to_owned();
        let refused = answer.page(429);
        assert!(refused.contains(&format!("try again in {wait} second")), "{refused}");
        // The form is there again, and leads where it would have; only the password is to be typed anew.
        for kept in ["value=\"anna@fest.example\"", "action=\"/console/sign-in?next=%2Fconsole%2Fme\""] {
            assert!(refused.contains(kept), "{kept} is not in {refused}");
        }
        assert!(!refused.contains("horse") && !refused.contains("aria-invalid"), "{refused}");
        house.festival.clock.advance(Duration::from_secs(7));
        assert_eq!(house.sends_form("/console/sign-in", &form, &[OWN]).await.status.as_u16(), 303);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_of_somebody_known_is_in_the_log_and_no_flood_fills_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.signed_in("anna@fest.example", Role::Admin).await;
        house.invited("bert@fest.example", Role::Viewer).await;
        house.festival.clock.advance(Duration::from_secs(60));
        let guesses = async |times: u8| {
            for guess in 0..times {
                for email in ["anna@fest.example", "bert@fest.example", "nobody@fest.example", "no address"] {
                    let form = format!("email={email}&password=guess-{guess}");
                    // From as many addresses as they like.
                    let from = house.anonymous_at(&format!("198.51.100.{guess}:5000"));
                    let answer = from.sends(Method::POST, "/console/sign-in", &[FORM, OWN], form).await;
                    answer.page(422);
                }
            }
            house.app.finish().await;
            let log = house.audit_log().await;
            log.into_iter().filter(|entry| entry.1 == "operator's password refused").collect::<Vec<_>>()
        };
        let logged = guesses(1).await;
        let mut of: Vec<_> = logged.iter().map(|(who, _, whose, _)| (who.as_str(), whose.as_str())).collect();
        of.sort_unstable();
        let [anna, bert] = ["anna@fest.example", "bert@fest.example"];
        assert_eq!(of, [("system:sign-in", anna), ("system:sign-in", bert)], "a guess is nobody's own deed");
        let own = house.opens("/console/log?who=Polsband%20itself", &cookie).await.page(200);
        assert!(own.contains("password refused") && !own.contains("operator signed in"), "{own}");
        assert_eq!(guesses(5).await.len(), 10, "five of each a minute");
        house.festival.clock.advance(Duration::from_secs(60));
        assert_eq!(guesses(1).await.len(), 12);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_of_whoever_is_signed_in_is_in_the_log_as_theirs() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let person = house.person(Role::Viewer).await;
        let logged = async || {
            let log = house.audit_log().await;
            let refused = log.into_iter().filter(|entry| entry.1 == "operator's password refused");
            refused.map(|(who, _, whose, _)| (who, whose)).collect::<Vec<_>>()
        };
        let new = "another horse, another battery";
        let another = [("old", "wrong"), ("password", new), ("again", new)];
        person.sends("/console/me", &another).await.page(422);
        let off = [("do", "off"), ("old", "wrong")];
        person.sends("/console/me/codes", &off).await.page(422);
        let theirs = ("operator:viewer@fest.example".to_owned(), "viewer@fest.example".to_owned());
        assert_eq!(logged().await, [theirs.clone(), theirs]);
        for _ in 0..5 {
            person.sends("/console/me/codes", &off).await.page(422);
        }
        assert_eq!(logged().await.len(), 5, "five a minute");
    })
    .await;
}

#[tokio::test]
async fn a_form_from_another_site_or_without_sense_is_refused() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let cookie = house.signed_in("anna@fest.example", Role::Admin).await;
        for elsewhere in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let form = format!("email=anna@fest.example&password={PASSWORD}");
            house.sends_form("/console/sign-in", &form, &[elsewhere]).await.page(403);
            house.sends_form("/console/sign-out", "", &[elsewhere, ("cookie", &cookie)]).await.page(403);
        }
        house.opens("/console", &cookie).await.page(200);
        house.sends_form("/console/sign-in", "email=only", &[OWN]).await.page(422);
        let huge = format!("email=a&password={}", "x".repeat(20_000));
        house.sends_form("/console/sign-in", &huge, &[OWN]).await.page(413);
        let json = [("content-type", "application/json"), OWN];
        let answer = house.anonymous().sends(Method::POST, "/console/sign-in", &json, "{}").await;
        answer.page(415);
        house.opens("/console", "polsband-session=pbs_invented").await.is(303);
    })
    .await;
}

#[tokio::test]
async fn signing_in_leads_to_the_page_that_was_asked_for_and_to_no_other_place() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.signed_in("anna@fest.example", Role::Finance).await;
        house.festival.clock.advance(Duration::from_secs(60));
        let form = format!("email=anna@fest.example&password={PASSWORD}");
        let enters = async |sign_in: &str| {
            let answer = house.sends_form(sign_in, &form, &[OWN]).await;
            assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
            answer.header("location").to_owned()
        };
        let page = "/console/pukkelfest/payments?q=PB2&after=1";
        for cookie in ["", "polsband-session=pbs_invented"] {
            let asked = house.opens(page, cookie).await;
            let sign_in = asked.header("location").to_owned();
            assert!(sign_in.starts_with("/console/sign-in?next="), "{sign_in}");
            let shown = house.anonymous().gets(&sign_in).await.page(200);
            assert!(shown.contains(&format!("action=\"{sign_in}\"")), "{shown}");
            for part in ["Sign in to go on to Payments.", "<span>Polsband</span>"] {
                assert!(shown.contains(part), "{part} is not in {shown}");
            }
            // A slip on the way loses nothing.
            let slip = house.sends_form(&sign_in, "email=anna@fest.example&password=wrong", &[OWN]).await;
            assert!(slip.page(422).contains(&format!("action=\"{sign_in}\"")));
            assert_eq!(enters(&sign_in).await, page);
        }
        let festival = house.opens("/console/call-0900-12345", "").await.header("location").to_owned();
        let shown = house.anonymous().gets(&festival).await.page(200);
        let said = shown.split("<p>Sign in to go on to ").nth(1).and_then(|rest| rest.split("</p>").next());
        assert_eq!(said, Some("the festival&#39;s pages."), "nothing that stands in the address");
        for foreign in ["https://evil.example/console", "//evil.example", "/console/\\evil.example", "/w"] {
            let sign_in = format!("/console/sign-in?{}", urlencoded(&[("next", foreign)]));
            let shown = house.anonymous().gets(&sign_in).await.page(200);
            assert!(shown.contains("action=\"/console/sign-in\"") && !shown.contains("evil"), "{shown}");
            assert_eq!(enters(&sign_in).await, "/console", "{foreign}");
        }
        // What is sent without a session is not done, which is said; and it leads back to the form. A file is no page, and
        // what a script asks leads its page.
        house.festival.clock.advance(Duration::from_secs(60));
        let products = "/console/pukkelfest/set-up/products";
        let invented = format!("{products}/invented");
        let retire = format!("{invented}/retire");
        for (path, page) in [(products, products), (retire.as_str(), invented.as_str())] {
            let sent = house.sends_form(path, "name=Pils", &[OWN]).await;
            assert_eq!(sent.header("location"), "", "the browser keeps what was typed");
            let ended = sent.page(401);
            assert!(ended.contains("nothing of it was done"), "{ended}");
            let sign_in = ended.split("<a href=\"").nth(1).unwrap().split('"').next().unwrap();
            assert_eq!(enters(sign_in).await, page);
        }
        let picture = [("content-type", "application/octet-stream"), OWN];
        let camera = "/console/pukkelfest/media/camera?width=1&height=1";
        let seen = house.anonymous().sends(Method::POST, camera, &picture, "x").await;
        assert_eq!(seen.header("location"), "/console/sign-in?next=%2Fconsole%2Fpukkelfest%2Fmedia");
        let out = house.sends_form("/console/sign-out", "", &[OWN]).await;
        assert_eq!(out.header("location"), "/console/sign-in", "nothing was to be done");
        let file = house.anonymous().gets("/console/pukkelfest/books/trial-balance.csv").await;
        assert_eq!(file.header("location"), "/console/sign-in");
    })
    .await;
}
