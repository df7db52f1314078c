//! What bars sell, and what their app asks for besides charging.

use super::{Bar, House, Office};
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::print::{qr_png, qr_svg};
use axum::http::Method;
use serde_json::{Value, json};

const PRODUCTS: &str = "/api/v1/events/pukkelfest/products";

async fn sells(office: &Office<'_>, name: &str, cents: i64, bar: Option<&str>) -> Value {
    let product = json!({"name": name, "price_cents": cents, "point_of_sale": bar});
    office.posts(PRODUCTS, product).await.is(201)
}

fn names(list: &Value) -> Vec<&str> {
    list["products"].as_array().unwrap().iter().map(|product| product["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_terminal_sees_what_its_bar_sells_until_it_is_retired() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (main, fries) = (house.bar("Main bar").await, house.bar("Fries").await);
        let office = house.office(Role::Organiser).await;
        let beer = sells(&office, "Beer", 350, Some("Main bar")).await;
        sells(&office, "Fries", 450, Some("Fries")).await;
        sells(&office, "Water", 250, None).await;
        let ice = json!({"name": "Ice", "price_cents": 100, "position": 5, "colour": "purple"});
        office.posts(PRODUCTS, ice).await.is(201);
        let setup = main.gets("/api/v1/terminal").await.is(200);
        assert_eq!(names(&setup), ["Ice", "Beer", "Water"], "in the order of their positions");
        assert_eq!(setup["products"][0]["price_cents"], 100);
        assert_eq!(setup["products"][0]["colour"], "purple");
        assert_eq!((&setup["event"], &setup["point_of_sale"]), (&json!("pukkelfest"), &json!("Main bar")));
        assert_eq!((&setup["codes"], &setup["event_open"]), (&json!("separate"), &json!(true)));
        assert_eq!((&setup["charge_min_cents"], &setup["charge_max_cents"]), (&json!(1), &json!(50_000)));
        assert_eq!(names(&fries.gets("/api/v1/terminal").await.is(200)), ["Ice", "Fries", "Water"]);

        let retire = format!("{PRODUCTS}/{}/retire", beer["id"].as_str().unwrap());
        let retired = office.posts(&retire, json!({})).await.is(200);
        assert_eq!(office.posts(&retire, json!({})).await.is(200), retired, "once");
        assert_eq!(names(&main.gets("/api/v1/terminal").await.is(200)), ["Ice", "Water"]);
        sells(&office, "beer", 400, Some("Main bar")).await;
        let listed = office.gets(PRODUCTS).await.is(200);
        assert_eq!(names(&listed), ["Ice", "Fries", "Water", "beer"]);
        let told = house.audit_log().await.into_iter().filter(|entry| entry.1 == "product retired").count();
        assert_eq!(told, 1);
    })
    .await;
}

#[tokio::test]
async fn a_product_that_could_not_be_sold_is_refused_with_its_field() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.bar("Main bar").await;
        let office = house.office(Role::Organiser).await;
        sells(&office, "Beer", 350, None).await;
        sells(&office, "Beer", 300, Some("Main bar")).await;
        let again = json!({"name": " BEER ", "price_cents": 400});
        office.posts(PRODUCTS, again).await.refused(409, "name-taken");
        for (field, wrong) in [
            ("name", json!({"name": "", "price_cents": 100})),
            ("name", json!({"name": "x".repeat(41), "price_cents": 100})),
            ("point_of_sale", json!({"name": "Cola", "price_cents": 100, "point_of_sale": "Nowhere"})),
            ("colour", json!({"name": "Cola", "price_cents": 100, "colour": "beige"})),
            ("price_cents", json!({"name": "Champagne", "price_cents": 50_001})),
            ("price_cents", json!({"name": "Cola", "price_cents": -1})),
            ("price_cents", json!({"name": "Water", "price_cents": 0})),
            ("position", json!({"name": "Cola", "price_cents": 100, "position": -1})),
        ] {
            assert_eq!(office.posts(PRODUCTS, wrong).await.refused(422, "invalid-request")["field"], field);
        }
        let unknown = format!("{PRODUCTS}/{}/retire", uuid::Uuid::now_v7());
        office.posts(&unknown, json!({})).await.refused(404, "unknown-product");
        let viewer = house.office(Role::Viewer).await;
        viewer.posts(PRODUCTS, json!({"name": "Cola", "price_cents": 1})).await.refused(403, "not-allowed");
        office.posts("/api/v1/events/pukkelfest/close", json!({})).await.is(200);
        let late = json!({"name": "Cola", "price_cents": 100});
        office.posts(PRODUCTS, late).await.refused(409, "event-closed");
    })
    .await;
}

/// Codes side by side as a camera sees them, of this width and height: grey, and not quite straight in the light.
fn picture(texts: &[&str]) -> (usize, usize, Vec<u8>) {
    let drawn = |text: &&str| image::load_from_memory(&qr_png(text, 4).unwrap()).unwrap().to_luma8();
    let codes: Vec<_> = texts.iter().map(drawn).collect();
    let width: u32 = codes.iter().map(|code| code.width()).sum();
    let height = codes.iter().map(|code| code.height()).max().unwrap();
    let mut image = image::GrayImage::from_pixel(width, height, image::Luma([255]));
    let mut left = 0;
    for code in &codes {
        image::imageops::replace(&mut image, code, left, 0);
        left += i64::from(code.width());
    }
    for (x, _, pixel) in image.enumerate_pixels_mut() {
        pixel.0[0] = pixel.0[0] / 2 + 30 + u8::try_from(x * 60 / width).unwrap();
    }
    (width as usize, height as usize, image.into_raw())
}

async fn decodes(bar: &Bar<'_>, width: usize, height: usize, pixels: Vec<u8>) -> super::Answer {
    let bearer = format!("Bearer {}", bar.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/octet-stream")];
    let path = format!("/api/v1/terminal/decode?width={width}&height={height}");
    bar.anyone.sends(Method::POST, &path, &headers, pixels).await
}

#[tokio::test]
async fn a_terminal_has_its_camera_pictures_read_within_bounds() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Main bar").await;
        let (side, _, pixels) = picture(&[house.pay_code(0)]);
        let read = decodes(&bar, side, side, pixels.clone()).await.is(200);
        assert_eq!(read, json!({"text": house.pay_code(0), "several": false}));
        assert_eq!(decodes(&bar, 300, 200, vec![90; 60_000]).await.is(200)["text"], Value::Null);
        decodes(&bar, side, side - 1, pixels.clone()).await.refused(422, "invalid-request");
        decodes(&bar, 641, 100, vec![0; 64_100]).await.refused(422, "invalid-request");
        decodes(&bar, 640, 640, vec![0; 409_601]).await.refused(413, "body-too-large");
        bar.posts("/api/v1/terminal/decode?width=100&height=100", json!({}))
            .await
            .refused(415, "unsupported-media-type");
        let path = "/api/v1/terminal/decode?width=100&height=100";
        house.anonymous().posts(path, json!({})).await.refused(401, "unauthorized");
        // The rest of its minute: four were counted.
        for _ in 0..296 {
            decodes(&bar, 29, 29, vec![0; 841]).await.is(200);
        }
        decodes(&bar, side, side, pixels).await.refused(429, "too-many-requests");
    })
    .await;
}

#[tokio::test]
async fn of_both_codes_of_a_wristband_the_pay_code_is_read_and_of_two_wristbands_none() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let bar = house.bar("Main bar").await;
        let reads = async |texts: &[&str]| {
            let (width, height, pixels) = picture(texts);
            decodes(&bar, width, height, pixels).await.is(200)
        };
        let top_up = |band: usize| house.festival.bands[band].qr_text.as_str();
        let pays = house.pay_code(0);
        let link = format!("HTTPS://FEST.EXAMPLE/W/{pays}");
        for (texts, text) in [
            ([pays, top_up(0)], pays),
            ([top_up(0), pays], pays),
            // Also where it is a link, and where the other code is another wristband's, which can't pay.
            ([top_up(1), link.as_str()], link.as_str()),
        ] {
            assert_eq!(reads(&texts).await, json!({"text": text, "several": false}), "{texts:?}");
        }
        assert_eq!(reads(&[top_up(0)]).await, json!({"text": top_up(0), "several": false}));
        for texts in [[pays, house.pay_code(1)], [top_up(0), top_up(1)]] {
            assert_eq!(reads(&texts).await, json!({"text": null, "several": true}), "{texts:?}");
        }
    })
    .await;
}

/// The text inside the code a terminal is to show.
async fn code_shown(bar: &Bar<'_>, code: &str, cents: i64) -> (String, Value) {
    let asked = json!({"code": code, "amount_cents": cents});
    let shown = bar.posts("/api/v1/terminal/top-up-code", asked).await.is(200);
    let svg = shown["svg"].as_str().unwrap();
    assert!(svg.starts_with("<svg ") && !svg.contains("style") && !svg.contains("script"));
    (svg.to_owned(), shown["amount_cents"].clone())
}

/// Another festival, whose payers may change the amount in a code: a bar, a pay code and the text of
/// its top-up code.
async fn winterfest<'h>(house: &'h House, behaviour: &str) -> (Bar<'h>, String, String) {
    let office = house.office(Role::Admin).await;
    let new = json!({
        "slug": "winterfest", "name": "Winterfest", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa",
        "behaviour": behaviour, "amount_cents": 2_000,
    });
    office.posts("/api/v1/events", new).await.is(201);
    let at = |rest: &str| format!("/api/v1/events/winterfest/{rest}");
    office.posts(&at("points-of-sale"), json!({"name": "Bar"})).await.is(201);
    let added = office.posts(&at("terminals"), json!({"point_of_sale": "Bar"})).await.is(201);
    let bar = house.enrolled(added["code"].as_str().unwrap()).await;
    let batch = office.posts(&at("batches"), json!({"count": 1, "kind": "wristband"})).await.is(201);
    let list = office.gets(&format!("/api/v1/batches/{}/codes.csv", batch["id"].as_str().unwrap())).await;
    let list = String::from_utf8(list.bytes.to_vec()).unwrap();
    let field =
        |place| list.lines().nth(1).unwrap().split(',').nth(place).unwrap().trim_matches('"').to_owned();
    (bar, field(4), field(3))
}

#[tokio::test]
async fn the_code_for_what_is_missing_has_an_amount_where_the_festival_agreed_on_that() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let bar = house.bar("Main bar").await;
        // Here payers type the amount: the code is the printed one.
        let (svg, amount) = code_shown(&bar, house.pay_code(0), 550).await;
        assert_eq!((svg, amount), (qr_svg(&house.festival.bands[0].qr_text).unwrap(), Value::Null));
        let (winter, code, printed) = winterfest(&house, "modifiable").await;
        let (svg, amount) = code_shown(&winter, &code, 550).await;
        assert_eq!(amount, 550);
        assert!(printed.contains("A=2000&"), "{printed}");
        assert_eq!(svg, qr_svg(&printed.replace("A=2000&", "A=550&")).unwrap());

        let asks = |code: &str, cents: i64| {
            let asked = json!({"code": code, "amount_cents": cents});
            let bar = &bar;
            async move { bar.posts("/api/v1/terminal/top-up-code", asked).await }
        };
        asks(&code, 550).await.refused(404, "unknown-medium");
        asks("https://elsewhere.example/t/1", 550).await.refused(422, "foreign-code");
        asks(house.pay_code(0), 0).await.refused(422, "invalid-amount");
        let desk = house.office(Role::HelpDesk).await;
        let revoke = format!("/api/v1/media/{}/revoke", house.reference(1));
        desk.posts(&revoke, json!({"reason": "lost"})).await.is(200);
        let problem = asks(house.pay_code(1), 550).await.refused(409, "medium-not-active");
        assert_eq!(problem["medium_status"], "revoked");
    })
    .await;
}

#[tokio::test]
async fn a_code_with_a_fixed_amount_is_shown_as_printed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (winter, code, printed) = winterfest(&house, "fixed").await;
        assert_eq!(code_shown(&winter, &code, 550).await, (qr_svg(&printed).unwrap(), json!(2_000)));
    })
    .await;
}

#[tokio::test]
async fn a_revoked_terminal_is_told_by_everything_its_app_asks() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Main bar").await;
        bar.gets("/api/v1/terminal").await.is(200);
        let office = house.office(Role::Organiser).await;
        office.posts(&format!("/api/v1/terminals/{}/revoke", bar.id), json!({})).await.is(200);
        bar.gets("/api/v1/terminal").await.refused(401, "unauthorized");
        decodes(&bar, 29, 29, vec![0; 841]).await.refused(401, "unauthorized");
        let asked = json!({"code": house.pay_code(0), "amount_cents": 1});
        bar.posts("/api/v1/terminal/top-up-code", asked).await.refused(401, "unauthorized");
        office.gets("/api/v1/terminal").await.refused(403, "not-allowed");
    })
    .await;
}

#[tokio::test]
async fn the_app_and_all_its_files_come_from_here_in_one_version() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let anyone = house.anonymous();
        let page = anyone.gets("/terminal").await;
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"));
        let html = page.is(200).as_str().unwrap().to_owned();
        assert!(!html.contains("style=") && !html.contains("<script>") && !html.contains("http"));
        let linked: Vec<&str> =
            html.split('"').filter(|text| text.starts_with('/') && text.contains('.')).collect();
        assert!(linked.len() > 10, "{linked:?}");
        for path in &linked {
            anyone.gets(path).await.is(200);
        }
        let worker = anyone.gets("/terminal/worker.js").await;
        assert_eq!(worker.header("service-worker-allowed"), "/terminal");
        let worker = worker.is(200).as_str().unwrap().to_owned();
        let mut own = linked.iter().filter(|path| !path.ends_with(".png"));
        assert!(own.all(|path| worker.contains(&format!("\"{path}\""))), "it keeps all of them");
        assert!(!worker.contains(".png"), "a home screen's pictures are fetched for a home screen");
        let script = linked.iter().find(|path| path.ends_with("/main.js")).unwrap();
        let answer = anyone.gets(script).await;
        assert!(answer.header("cache-control").contains("immutable"));
        anyone.gets("/terminal/0123456789abcdef/main.js").await.refused(404, "not-found");
        let manifest = anyone.gets("/terminal/manifest.webmanifest").await.is(200);
        assert_eq!(manifest["start_url"], "/terminal");
        let icons = manifest["icons"].as_array().unwrap();
        for icon in icons.iter().filter(|icon| icon["type"] == "image/png") {
            let file = anyone.gets(icon["src"].as_str().unwrap()).await;
            assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "image/png"));
            let picture = image::load_from_memory(&file.bytes).unwrap();
            assert_eq!(icon["sizes"], format!("{}x{}", picture.width(), picture.height()));
        }
        assert_eq!(icons.len(), 4);
    })
    .await;
}
