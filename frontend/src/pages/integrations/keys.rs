//! The keys: for what, with which scopes, since when, used when.

use allowance_api_types::Page;
use allowance_api_types::api_keys::ApiKeyView;
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_values::Timestamp;
use leptos::prelude::*;

use super::super::list_url::{ListUrl, PAGE_SIZE};
use super::super::table_card::{Table, Th, table_card};
use super::super::words;
use super::{create_key, model, revoke_key};
use crate::remote::Remote;
use crate::ui::{Badge, Button, Empty, Glyph, Loaded, Look};
use crate::{api, format, session};

/// Whether the dialog for a new key is open.
const NEW: &str = "new";

pub(super) fn keys() -> AnyView {
    let url = ListUrl::new();
    let keys = Remote::live(&[Area::Settings], move || {
        let query = PageQuery {
            cursor: url.cursor(),
            limit: Some(PAGE_SIZE),
        };
        async move { api::api_keys::list(&query).await }
    });
    let revoking = RwSignal::new(None::<ApiKeyView>);
    let open = url.opened_by(NEW);
    let begin = move || url.open(NEW, Some("key".to_owned()));
    let ready = move |page: Page<ApiKeyView>| {
        if page.items.is_empty() {
            return view! {
                <div class="card">
                    <Empty
                        title="No API keys yet"
                        text="A key lets a platform report usage and ask before it spends. Make one for each platform, so that each can be revoked by itself."
                    >
                        <Button look=Look::Primary glyph=Glyph::Plus on_press=begin>"New API key…"</Button>
                    </Empty>
                </div>
            }
            .into_any();
        }
        table(url, page, revoking)
    };
    view! {
        <div class="tools">
            <p class="tools-lead">"What platforms sign in with. A key belongs to nobody and does what its scopes say."</p>
            <Button glyph=Glyph::Plus on_press=begin>"New API key…"</Button>
        </div>
        <Loaded remote=keys lines=6 ready />
        {create_key::dialog(open, Callback::new(move |()| keys.reload()))}
        {revoke_key::dialog(revoking, Callback::new(move |()| keys.reload()))}
    }
    .into_any()
}

fn table(url: ListUrl, page: Page<ApiKeyView>, revoking: RwSignal<Option<ApiKeyView>>) -> AnyView {
    let (zone, now) = (session::zone(), format::now());
    let table = Table {
        label: "API keys",
        class: "",
        heads: vec![
            Th::Left("Key"),
            Th::Left("May be used for"),
            Th::Left("State"),
            Th::Left("Made"),
            Th::Left("Last used"),
            Th::Left("Ends"),
            Th::Silent("Actions"),
        ],
    };
    table_card(url, table, page, |key| row(key, &zone, now, revoking))
}

fn row(key: ApiKeyView, zone: &str, now: Timestamp, revoking: RwSignal<Option<ApiKeyView>>) -> AnyView {
    let scopes = key
        .scopes
        .iter()
        .map(|&scope| view! { <li class="chip">{words::scope(scope).0}</li> })
        .collect_view();
    let (state, tone) = model::state(&key, now);
    let last_used = key.last_used_at.map_or_else(
        || view! { <span class="mut">"Never"</span> }.into_any(),
        |at| {
            // It is known to the minute, so what is younger is now.
            let ago = if at.plus_seconds(120) > now {
                "just now".to_owned()
            } else {
                format::relative(at, now)
            };
            view! { <span title=format::date_time(at, zone)>{ago}</span> }.into_any()
        },
    );
    let name = key.name.clone();
    let ends = model::ends(&key, zone);
    let has_no_end = key.expires_at.is_none() && key.revoked_at.is_none();
    let hint = key.hint.clone();
    let made = format::date(key.created_at, zone);
    let is_active = key.is_active;
    let spoken = name.clone();
    let revoke = is_active.then(|| {
        view! {
            <Button look=Look::Danger on_press=move || revoking.set(Some(key.clone()))>
                "Revoke…"<span class="sr">" " {spoken}</span>
            </Button>
        }
    });
    view! {
        <tr class:ended=!is_active>
            <td><span class="strong">{name}</span><small class="block mut">"ends with " <code>{hint}</code></small></td>
            <td><ul class="chips">{scopes}</ul></td>
            <td><Badge tone>{state}</Badge></td>
            <td class="nw">{made}</td>
            <td class="nw">{last_used}</td>
            <td class="nw" class:mut=has_no_end>{ends}</td>
            <td class="r">{revoke}</td>
        </tr>
    }
    .into_any()
}
