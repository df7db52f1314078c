//! `polsband operator`.

use crate::desk::{Desk, block_on, on_both_engines};
use polsband::clock::Clock;
use polsband::db::Store;
use polsband::operators::{self, Role};
use serde_json::json;

const ANNA: &str = "anna@festival.example";

fn with_store<T>(desk: &Desk, ask: impl AsyncFnOnce(&Store) -> T) -> T {
    block_on(async {
        let store = Store::open(&desk.database_url()).await.unwrap();
        let answer = ask(&store).await;
        store.close().await;
        answer
    })
}

fn role_of(desk: &Desk, token: &str) -> Option<Role> {
    let found = with_store(desk, async |store| operators::by_token(store, token).await.unwrap());
    found.map(|operator| operator.role)
}

#[test]
fn a_person_is_added_with_a_link_that_sets_their_password() {
    on_both_engines(|desk| {
        let added = desk.prints(&["operator", "add", "Anna@Festival.example", "--role", "organiser"]);
        assert_eq!((&added["email"], &added["role"]), (&json!(ANNA), &json!("organiser")));
        let link = added["link"].as_str().unwrap();
        let token = link.strip_prefix("http://127.0.0.1:8080/console/password/").unwrap();
        let now = Clock::System.now();
        with_store(desk, async |store| {
            operators::set_password(store, now, token, "correct horse battery").await.unwrap();
        });
        let listed = desk.prints(&["operator", "list"]);
        assert_eq!(listed[0]["email"], ANNA);
        assert_eq!(listed[0]["has_password"], true);

        let again = desk.does(&["operator", "link", ANNA]);
        assert!(again.starts_with("http://127.0.0.1:8080/console/password/pbl_") && again != link);
    });
}

#[test]
fn a_token_has_a_persons_rights_until_it_is_revoked() {
    on_both_engines(|desk| {
        desk.does(&["operator", "add", ANNA, "--role", "help-desk"]);
        let made = desk.prints(&["operator", "token", ANNA]);
        let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
        assert_eq!(role_of(desk, token), Some(Role::HelpDesk));
        let plain = desk.does(&["operator", "token", ANNA, "--name", "accounting export"]);
        assert!(plain.starts_with("pbo_") && plain.lines().count() == 1, "{plain}");
        let people = desk.prints(&["operator", "list"]);
        let name = |token: usize| people[0]["tokens"][token]["name"].as_str();
        assert_eq!((name(0), name(1)), (Some("accounting export"), Some("command line")));
        assert_eq!(made["name"], "command line");

        desk.does(&["operator", "role", ANNA, "viewer"]);
        assert_eq!(role_of(desk, token), Some(Role::Viewer));
        let listed = desk.does(&["operator", "list"]);
        assert!(listed.contains(&format!("{id} (command line)")) && !listed.contains(token), "{listed}");

        assert_eq!(desk.prints(&["operator", "revoke-token", id]), json!({"id": id, "email": ANNA}));
        desk.does(&["operator", "revoke-token", id]);
        assert_eq!(role_of(desk, token), None);
        assert_eq!(role_of(desk, &plain), Some(Role::Viewer));

        desk.does(&["operator", "remove", ANNA]);
        assert_eq!(role_of(desk, &plain), None);
        assert_eq!(desk.prints(&["operator", "list"]), json!([]));
    });
}

#[test]
fn people_and_tokens_that_are_not_there_or_can_not_be_are_refused() {
    let desk = Desk::with_sqlite();
    desk.does(&["operator", "add", ANNA, "--role", "admin"]);
    let twice = desk.refuses(&["operator", "add", ANNA, "--role", "viewer"]);
    assert!(twice.contains("is an operator already, with the role admin"), "{twice}");
    for command in ["token", "link", "remove"] {
        let said = desk.refuses(&["operator", command, "bert@festival.example"]);
        assert!(said.contains("there is no operator bert@festival.example"), "{said}");
    }
    desk.refuses(&["operator", "role", "bert@festival.example", "admin"]);
    desk.refuses(&["operator", "revoke-token", "01890000-0000-7000-8000-000000000000"]);
    desk.rejects(&["operator", "revoke-token", "pbo_something"]);
    desk.rejects(&["operator", "token", ANNA, "--name", &"x".repeat(61)]);
    desk.rejects(&["operator", "add", "anna", "--role", "admin"]);
    desk.rejects(&["operator", "add", "bert@festival.example", "--role", "boss"]);
    desk.rejects(&["operator", "add", "bert@festival.example"]);
    assert_eq!(desk.prints(&["operator", "list"]).as_array().unwrap().len(), 1);
}
