//! The words that say which code is which, and what else stands beside the codes.

use super::*;
use crate::print::Kind;
use crate::print::words::words;

const NAMES: [(Language, &str, &str); 4] = [
    (Language::Dutch, "OPLADEN", "BETALEN"),
    (Language::French, "RECHARGER", "PAYER"),
    (Language::German, "AUFLADEN", "BEZAHLEN"),
    (Language::English, "TOP UP", "PAY"),
];

#[test]
fn the_words_that_tell_two_codes_apart_are_whole_on_every_label_in_every_language() {
    let labels = layouts().iter().filter(|layout| layout.kind() == Kind::Label);
    for layout in labels.filter(|layout| layout.name() != "avery-l4731") {
        for (language, top_up, pays) in NAMES {
            let printers =
                [(Pay::Bare, None), (Pay::Link, None), (Pay::Bare, Some(600)), (Pay::Link, Some(300))];
            for (pay, dpi) in printers {
                let options = Options { dpi, ..Options::default() };
                let plan = planned(layout, language, pay, &options).expect("prints");
                let texts: Vec<&str> =
                    plan.arranged.front.texts.iter().map(|text| text.text.as_str()).collect();
                for name in [top_up, pays] {
                    let is_it = |text: &&str| text.trim_start_matches(['←', '↓', ' ']) == name;
                    assert!(texts.iter().any(is_it), "{}: {name} is not in {texts:?}", layout.name());
                }
            }
        }
    }
}

#[test]
fn a_label_that_is_too_narrow_for_the_name_of_a_code_is_refused_in_that_language_only() {
    let narrow = "name = \"own\"\ntitle = \"Own\"\nkind = \"label\"\ncell = [36.6, 21.17]\nedge = 0.9\n";
    let narrow = Layout::parse(narrow).expect("sound values");
    for (language, top_up, _) in NAMES {
        let plan = planned(&narrow, language, Pay::Bare, &Options::default());
        if matches!(language, Language::Dutch | Language::English) {
            plan.expect("it is short");
        } else {
            let refused = plan.expect_err("it is long").to_string();
            assert!(refused.contains(&format!("no room for the name of a code, “← {top_up}”")), "{refused}");
        }
    }
}

#[test]
fn on_a_card_nothing_stands_beyond_the_end_of_the_rule() {
    let cards = layout("avery-c32011");
    for (language, ..) in NAMES {
        let plan = planned(cards, language, Pay::Link, &Options::default()).expect("prints");
        for side in [Some(&plan.arranged.front), plan.arranged.back.as_ref()].into_iter().flatten() {
            let end = side.bars.iter().map(|bar| bar.area.right()).max().expect("a rule");
            for text in &side.texts {
                assert!(text.area().right() <= end, "{}", text.text);
            }
        }
        let texts: Vec<&str> = plan.arranged.front.texts.iter().map(|text| text.text.as_str()).collect();
        let merchant = words(language).merchant_line("Zomerfeest vzw");
        assert!(texts.join(" ").contains(&merchant) && merchant.ends_with('.'), "{texts:?}");
    }
}

#[test]
fn sheets_that_are_cut_near_the_edge_of_the_page_say_so() {
    for (name, said) in [("a4-band-25", true), ("a4-band-19", false), ("avery-l7160", false)] {
        let plan = planned(layout(name), Language::Dutch, Pay::Link, &Options::default()).expect("prints");
        let is_said = plan.warnings.iter().any(|warning| warning.contains("is cut 3.4 mm from the edge"));
        assert_eq!(is_said, said, "{name}: {:?}", plan.warnings);
    }
}

#[test]
fn a_merchant_whose_name_ends_with_a_full_stop_gets_no_second_one() {
    let dutch = words(Language::Dutch);
    assert_eq!(dutch.merchant_line("Bar N.V."), "Betaal alleen aan Bar N.V.");
    assert_eq!(dutch.merchant_line("Bar vzw"), "Betaal alleen aan Bar vzw.");
    assert_eq!(words(Language::German).merchant_line("Bar e.V."), "Nur an Bar e.V. zahlen.");
}
