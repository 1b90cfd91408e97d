//! What only the browser knows or does: its time zone, lists of names, a file for the reader, the clipboard.

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};

/// The browser's own time zone.
pub fn time_zone() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    let zone = Reflect::get(&options, &JsValue::from_str("timeZone")).ok();
    zone.and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// What Intl knows of a kind: `timeZone`, `currency`. Nothing where the browser is too old to tell.
pub fn known_names(kind: &str) -> Vec<String> {
    let intl = Reflect::get(&window(), &JsValue::from_str("Intl"));
    let list = intl.and_then(|intl| {
        let names: Function = Reflect::get(&intl, &JsValue::from_str("supportedValuesOf"))?.dyn_into()?;
        names.call1(&intl, &JsValue::from_str(kind))
    });
    list.map_or_else(
        |_| Vec::new(),
        |list| {
            Array::from(&list)
                .iter()
                .filter_map(|name| name.as_string())
                .collect()
        },
    )
}

/// Hands text to the reader as a file.
pub fn save_file(name: &str, media_type: &str, text: &str) -> Option<()> {
    let parts = Array::of1(&JsValue::from_str(text));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(media_type);
    save_blob(
        name,
        &web_sys::Blob::new_with_str_sequence_and_options(&parts, &options).ok()?,
    )
}

/// Hands bytes to the reader as a file.
pub fn save_blob(name: &str, blob: &web_sys::Blob) -> Option<()> {
    let url = web_sys::Url::create_object_url_with_blob(blob).ok()?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    web_sys::Url::revoke_object_url(&url).ok()
}

/// Copies what an input shows, also over plain http, where there is no navigator.clipboard. True when it worked.
pub fn copy_from(input: &web_sys::HtmlInputElement) -> bool {
    input.select();
    copy_selected()
}

/// The same of what any element shows.
pub fn copy_shown(element: &web_sys::Element) -> bool {
    let method = |object: &JsValue, name: &str| -> Option<Function> {
        Reflect::get(object, &JsValue::from_str(name))
            .ok()?
            .dyn_into()
            .ok()
    };
    let select = || {
        let selection = method(&window(), "getSelection")?.call0(&window()).ok()?;
        method(&selection, "selectAllChildren")?
            .call1(&selection, element)
            .ok()
    };
    select().is_some() && copy_selected()
}

/// Copies what is selected, as if Ctrl + C was pressed. True when the browser allowed it.
pub fn copy_selected() -> bool {
    let copy: Option<Function> = Reflect::get(&document(), &JsValue::from_str("execCommand"))
        .ok()
        .and_then(|copy| copy.dyn_into().ok());
    copy.and_then(|copy| copy.call1(&document(), &JsValue::from_str("copy")).ok())
        .is_some_and(|done| done.is_truthy())
}

/// What this browser keeps under a name, for as long as its reader does not clear it.
pub fn kept(name: &str) -> Option<String> {
    let storage = window().local_storage().ok()??;
    storage.get_item(name).ok()?
}

/// Keeps a text under a name in this browser. Where it may not, the text lasts as long as the page.
pub fn keep(name: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _is_kept = storage.set_item(name, text);
    }
}

/// A length in whole pixels. JavaScript writes it: formatting floats here would weigh more than all that needs them.
pub fn pixels(length: f64) -> i32 {
    let digits = js_sys::Number::from(js_sys::Math::round(length)).to_string_with_radix(10);
    digits
        .ok()
        .and_then(|digits| String::from(digits).parse().ok())
        .unwrap_or(0)
}

/// The part of the address behind `#`, which is never sent to a server.
pub fn fragment() -> String {
    window()
        .location()
        .hash()
        .unwrap_or_default()
        .trim_start_matches('#')
        .to_owned()
}

/// Where this app is served from, for links that people send each other.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The day of an instant in a time zone.
pub fn day_in(at: allowance_values::Timestamp, zone: &str) -> Option<allowance_values::Day> {
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("timeZone"), &JsValue::from_str(zone)).ok()?;
    let date = js_sys::Date::new(&JsValue::from_str(&at.to_string()));
    // Swedes write days the way machines do.
    String::from(date.to_locale_date_string("sv-SE", &options))
        .parse()
        .ok()
}

/// The instant at which a day ends in a time zone; nothing when there is no such day.
#[expect(
    clippy::float_arithmetic,
    reason = "JavaScript counts time in floats; no amount is near"
)]
pub fn end_of_day(day: &str, zone: &str) -> Option<allowance_values::Timestamp> {
    let day: allowance_values::Day = day.parse().ok()?;
    let wall = js_sys::Date::new(&JsValue::from_str(&format!("{day}T24:00:00Z"))).get_time();
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("timeZone"), &JsValue::from_str(zone)).ok()?;
    // What the zone's clocks are ahead of UTC at an instant; asked again at the first guess, since a change of the clocks
    // may lie between.
    let ahead = |at: f64| {
        let shown = js_sys::Date::new(&JsValue::from_f64(at)).to_locale_string("sv-SE", &options);
        let shown = String::from(shown).replace(' ', "T");
        js_sys::Date::new(&JsValue::from_str(&format!("{shown}Z"))).get_time() - at
    };
    let at = js_sys::Date::new(&JsValue::from_f64(wall - ahead(wall - ahead(wall))));
    at.to_iso_string().as_string()?.parse().ok()
}
