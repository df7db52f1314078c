//! Codes at sign-in: set up on one's own page, asked after the password, tried a few times a minute, reset by an admin.

use super::{OWN, PASSWORD, Person};
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::secrets::TotpSecret;
use crate::web::tests::{Answer, House};
use data_encoding::BASE32_NOPAD;
use std::time::Duration;

const HALF_MINUTE: Duration = Duration::from_secs(30);

impl Person<'_> {
    /// Turns codes on; the phone that makes them, and the recovery codes.
    async fn turns_codes_on(&self) -> (TotpSecret, Vec<String>) {
        let page = self.sends("/console/me/codes", &[("do", "begin")]).await.page(200);
        assert!(page.contains("<svg"), "{page}");
        let text = between(&page, "class=\"secret\">", "<");
        let phone = TotpSecret::from_bytes(&BASE32_NOPAD.decode(text.as_bytes()).unwrap()).unwrap();
        let wrong = self.sends("/console/me/codes", &[("do", "confirm"), ("code", "000000")]).await.page(422);
        assert!(wrong.contains("code-mistake") && wrong.contains(&text), "the same is shown again: {wrong}");
        let code = self.house.code_of(&phone);
        let kept = self.sends("/console/me/codes", &[("do", "confirm"), ("code", &code)]).await.page(200);
        let codes = kept.split("<li><code>").skip(1).map(|rest| rest[..9].to_owned()).collect();
        (phone, codes)
    }
}

impl House {
    fn code_of(&self, phone: &TotpSecret) -> String {
        phone.code_at(self.festival.clock.now())
    }

    /// The first step; the cookie that leads to the second.
    async fn half_way(&self, email: &str) -> String {
        let form = format!("email={email}&password={PASSWORD}");
        let answer = self.sends_form("/console/sign-in", &form, &[OWN]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console/sign-in/code"));
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with("polsband-half-way="), "{cookie}");
        cookie
    }

    async fn types_code(&self, cookie: &str, code: &str) -> Answer {
        let form = format!("code={code}");
        self.sends_form("/console/sign-in/code", &form, &[OWN, ("cookie", cookie)]).await
    }

    /// Both steps after a page was asked for: the second leads there, unless it is none of ours.
    async fn leads_on(&self, email: &str, code: &str) {
        let asked = self.anonymous().gets("/console/pukkelfest/books").await;
        let form = format!("email={email}&password={PASSWORD}");
        let half = self.sends_form(asked.header("location"), &form, &[OWN]).await;
        let second = half.header("location");
        assert!(second.starts_with("/console/sign-in/code?next="), "{second}");
        let cookie = half.header("set-cookie").split(';').next().unwrap();
        let shown = self.opens(second, cookie).await.page(200);
        assert!(shown.contains(&format!("action=\"{second}\"")), "{shown}");
        let wrong = self.sends_form(second, "code=000000", &[OWN, ("cookie", cookie)]).await.page(422);
        assert!(wrong.contains(&format!("action=\"{second}\"")), "{wrong}");
        let foreign = "/console/sign-in/code?next=%2F%2Fevil.example";
        let form = format!("code={code}");
        assert!(!self.opens(foreign, cookie).await.page(200).contains("evil"));
        let entered = self.sends_form(second, &form, &[OWN, ("cookie", cookie)]).await;
        assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/console/pukkelfest/books"));
    }

    async fn waits(&self, by: Duration) {
        self.festival.clock.advance(by);
    }
}

fn between(page: &str, before: &str, after: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("{before} is not in {page}"));
    rest.split_once(after).unwrap().0.to_owned()
}

#[tokio::test]
async fn a_code_is_asked_after_the_password_and_taken_once() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let person = house.person(Role::Organiser).await;
        assert!(person.sees("/console/me").await.contains("Your password alone lets you in"));
        let (phone, recovery) = person.turns_codes_on().await;
        assert_eq!(recovery.len(), 10);
        assert!(person.sees("/console/me").await.contains("A code of your phone is asked for"));
        let shown = person.sees("/console/me/codes").await;
        assert!(shown.contains("10 recovery codes are left") && !shown.contains("class=\"secret\""));
        house.waits(Duration::from_mins(2)).await;

        let email = "organiser@fest.example";
        let half = house.half_way(email).await;
        assert!(house.opens("/console/sign-in/code", &half).await.page(200).contains("one-time-code"));
        house.opens("/console", &half).await.is(303);
        let wrong = house.types_code(&half, "000000").await.page(422);
        assert!(wrong.contains("aria-invalid"), "{wrong}");
        let code = house.code_of(&phone);
        let entered = house.types_code(&half, &code).await;
        assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/console"));
        house.types_code(&half, &code).await.page(422);
        let again = house.types_code(&half, &recovery[0].to_lowercase()).await;
        assert_eq!(again.header("location"), "/console");
        house.waits(Duration::from_mins(2)).await;
        house.leads_on(email, &recovery[1]).await;
        let log = house.person(Role::Admin).await.sees("/console/log").await;
        for part in ["with a code", "with a recovery code", "operator&#39;s code refused"] {
            assert!(log.contains(part), "{part} is not in {log}");
        }
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_wherever_it_comes_from_and_ends_with_its_time() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (phone, _) = house.person(Role::Organiser).await.turns_codes_on().await;
        house.waits(Duration::from_mins(2)).await;
        let half = house.half_way("organiser@fest.example").await;
        for _ in 0..5 {
            house.types_code(&half, "000000").await.page(422);
        }
        let refused = house.types_code(&half, &house.code_of(&phone)).await;
        assert!(!refused.header("retry-after").is_empty());
        assert!(refused.page(429).contains("Too many requests from this address: try again in"));
        house.waits(Duration::from_mins(10)).await;
        let late = house.types_code(&half, &house.code_of(&phone)).await;
        assert_eq!(late.header("location"), "/console/sign-in", "the first step is too long ago");
        let invented = house.types_code("polsband-half-way=invented", "000000").await;
        assert_eq!(invented.header("location"), "/console/sign-in");
    })
    .await;
}

#[tokio::test]
async fn codes_are_turned_off_with_the_password_and_reset_by_an_admin() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let person = house.person(Role::Organiser).await;
        let (phone, _) = person.turns_codes_on().await;
        house.waits(HALF_MINUTE * 4).await;
        let wrong = person.sends("/console/me/codes", &[("do", "off"), ("old", "not the password")]).await;
        assert!(wrong.page(422).contains("old-mistake"));
        let said = person.does("/console/me/codes", &[("do", "off"), ("old", PASSWORD)]).await;
        assert!(said.contains("No code is asked for any more"), "{said}");
        person.turns_codes_on().await;
        let admin = house.person(Role::Admin).await;
        let people = admin.sees("/console/people").await;
        let linked_to = |people: &str, email: &str| {
            let (before, _) = people.rsplit_once(&format!(">{email}")).unwrap();
            before.rsplit_once("href=\"").unwrap().1.trim_end_matches('"').to_owned()
        };
        let path = linked_to(&people, "organiser@fest.example");
        assert!(admin.sees(&path).await.contains("Reset their codes"));
        person.sends(&path, &[("do", "codes")]).await.page(403);
        // Nobody takes an account over whose browser stands open: of oneself it takes the password.
        let own = linked_to(&people, "admin@fest.example");
        assert!(!admin.sees(&own).await.contains("Make a link"));
        for what in ["link", "codes"] {
            let refused = admin.sends(&own, &[("do", what)]).await.page(422);
            assert!(refused.contains("This is yourself: that is done under You"), "{refused}");
        }
        let reset = admin.does(&path, &[("do", "codes")]).await;
        assert!(reset.contains("signs in without a code, until"), "{reset}");
        let again = admin.does(&path, &[("do", "codes")]).await;
        assert!(again.contains("signs in without a code already: nothing was reset"), "{again}");
        assert!(!admin.sees(&path).await.contains("Reset their codes"));
        house.waits(HALF_MINUTE * 4).await;
        let form = format!("email=organiser@fest.example&password={PASSWORD}");
        let entered = house.sends_form("/console/sign-in", &form, &[OWN]).await;
        assert_eq!(entered.header("location"), "/console");
        let half = house.types_code("polsband-half-way=", &house.code_of(&phone)).await;
        assert_eq!(half.header("location"), "/console/sign-in");
    })
    .await;
}
