//! `product add|list|retire`.

use crate::desk::on_both_engines;
use serde_json::Value;

#[test]
fn a_product_is_added_listed_and_retired() {
    on_both_engines(|desk| {
        desk.with_summer();
        desk.does(&["point-of-sale", "add", "summer", "Main bar"]);
        let said = desk.does(&["product", "add", "summer", "Beer", "--price", "3,50", "--colour", "yellow"]);
        assert_eq!(said, "Beer is sold for € 3,50");
        let place = ["--point-of-sale", "Main bar"];
        desk.does(&[&["product", "add", "summer", "Beer", "--price", "3"][..], &place].concat());
        desk.does(&["product", "add", "summer", "Ice", "--price", "1,00", "--position", "1"]);
        let listed = desk.prints(&["product", "list", "summer"]);
        let shown: Vec<(&str, i64, &Value)> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["name"].as_str().unwrap(), p["price_cents"].as_i64().unwrap(), &p["point_of_sale"]))
            .collect();
        let main = Value::from("Main bar");
        assert_eq!(shown, [("Ice", 100, &Value::Null), ("Beer", 350, &Value::Null), ("Beer", 300, &main)]);
        desk.does(&[&["product", "retire", "summer", "beer"][..], &place].concat());
        assert_eq!(desk.prints(&["product", "list", "summer"]).as_array().unwrap().len(), 2);
        let told = desk.audit_log().into_iter().filter(|[_, action, _]| action.starts_with("product "));
        assert_eq!(told.count(), 4);
    });
}

#[test]
fn a_product_needs_a_price_a_free_name_and_a_bar_that_exists() {
    on_both_engines(|desk| {
        desk.with_summer();
        assert!(desk.rejects(&["product", "add", "summer", "Beer"]).contains("--price"));
        assert!(desk.rejects(&["product", "add", "summer", "Beer", "--price", "cheap"]).contains("12,50"));
        let free = desk.rejects(&["product", "add", "summer", "Beer", "--price", "0"]);
        assert!(free.contains("--price: a product costs at least € 0,01"), "{free}");
        for (much, said) in
            [("501", "costs at most € 500,00"), ("99999999999999999999", "is too large an amount")]
        {
            let large = desk.rejects(&["product", "add", "summer", "Gold", "--price", much]);
            assert!(large.contains(said), "{large}");
        }
        desk.does(&["product", "add", "summer", "Beer", "--price", "3,50"]);
        let twice = desk.refuses(&["product", "add", "summer", "beer", "--price", "4"]);
        assert!(twice.contains("sold there already"), "{twice}");
        let nowhere = ["product", "add", "summer", "Cola", "--price", "3", "--point-of-sale", "Nowhere"];
        assert!(desk.rejects(&nowhere).contains("--point-of-sale"));
        assert!(desk.refuses(&["product", "retire", "summer", "Cola"]).contains("no product"));
        assert!(desk.refuses(&["product", "list", "winter"]).contains("no event \"winter\""));
    });
}
