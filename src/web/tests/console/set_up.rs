//! A festival's set-up in the console.

use super::{OWN, PASSWORD};
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::web::tests::House;

const BARS: &str = "/console/pukkelfest/set-up/points-of-sale";

#[tokio::test]
async fn an_organiser_adds_bars_and_a_mistake_keeps_what_was_typed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        assert!(organiser.sees(BARS).await.contains("There is none yet"));
        let added = organiser.does(BARS, &[("name", " Bar <één> "), ("vendor", "")]).await;
        for part in ["Bar &#60;één&#62; was added.", "data-label=\"Vendor\">Bar &#60;één&#62;</td>"] {
            assert!(added.contains(part), "{part} is not in {added}");
        }
        let shown = organiser.sees(BARS).await;
        assert!(!shown.contains("was added"), "a notice is shown once: {shown}");
        let taken = organiser.sends(BARS, &[("name", "Bar <één>"), ("vendor", "Jef & Co")]).await.page(422);
        for part in ["exists already in this event", "value=\"Jef &#38; Co\"", "aria-invalid=\"true\""] {
            assert!(taken.contains(part), "{part} is not in {taken}");
        }
        let long = "x".repeat(61);
        let refused = organiser.sends(BARS, &[("name", "Bar 2"), ("vendor", &long)]).await.page(422);
        assert!(refused.contains("id=\"vendor-mistake\">1 to 60 characters"), "{refused}");
        assert_eq!(house.audit_log().await[0].1, "point of sale added");
    })
    .await;
}

#[tokio::test]
async fn bars_come_in_pages() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        for number in 0..51 {
            organiser.sends(BARS, &[("name", &format!("Bar {number:02} & co"))]).await.is(303);
        }
        let first = organiser.sees(BARS).await;
        let next = format!("href=\"{BARS}?after=Bar%2049%20%26%20co\" rel=\"next\"");
        assert!(
            first.contains(&next) && !first.contains("Bar 50") && !first.contains("First page"),
            "{first}"
        );
        let second = organiser.sees(&format!("{BARS}?after=Bar%2049%20%26%20co")).await;
        assert!(second.contains("Bar 50") && !second.contains("Bar 49") && !second.contains("rel=\"next\""));
        assert!(second.contains("First page"));
    })
    .await;
}

#[tokio::test]
async fn set_up_is_for_admins_and_organisers_and_others_are_told_so() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        for role in Role::ALL {
            let person = house.person(*role).await;
            let may = matches!(role, Role::Admin | Role::Organiser);
            let shown = person.sees("/console/pukkelfest").await;
            assert_eq!(shown.contains("href=\"/console/pukkelfest/set-up\""), may, "{role}");
            for path in ["/console/pukkelfest/set-up", BARS] {
                if may {
                    person.sees(path).await;
                    continue;
                }
                let refused = person.gets(path).await.page(403);
                let why = format!(
                    "Your role ({role}) may not set up events, points of sale, terminals or media. \
                     These roles may: admin, organiser."
                );
                assert!(refused.contains(&why), "{refused}");
            }
            if !may {
                person.sends(BARS, &[("name", "Bar")]).await.page(403);
            }
        }
        let nobody = house.anonymous().gets(BARS).await;
        assert_eq!((nobody.status.as_u16(), nobody.header("location")), (303, "/console/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn no_address_and_no_other_site_puts_words_on_a_page_or_a_bar_in_a_festival() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let organiser = house.person(Role::Organiser).await;
        for query in ["?done=Send+money", "?notice=Send+money", "?polsband-notice=Send+money"] {
            assert!(!organiser.sees(&format!("{BARS}{query}")).await.contains("Send money"));
        }
        let marked = house.opens(BARS, &format!("{}; polsband-notice=%3Cscript%3E", organiser.cookie)).await;
        assert!(marked.page(200).contains("role=\"status\">&#60;script&#62;</p>"));
        let elsewhere = [("sec-fetch-site", "cross-site"), ("cookie", organiser.cookie.as_str())];
        house.sends_form(BARS, "name=Bar", &elsewhere).await.page(403);
        let nobody = house.sends_form(BARS, &format!("name={PASSWORD}"), &[OWN]).await;
        assert_eq!((nobody.status.as_u16(), nobody.header("location")), (303, "/console/sign-in"));
        assert!(organiser.sees(BARS).await.contains("There is none yet"));
    })
    .await;
}
