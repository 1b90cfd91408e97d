//! Usage as other systems write it: shapes for the document alone. The server reads them member by member, because
//! senders add to them as they please.

#![allow(unused_qualifications, reason = "the derive qualifies what it is given")]

use allowance_values::Timestamp;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::metering::UsageEventBody;

/// The data of a `CloudEvent`: a usage event without what the attributes of the event say.
#[derive(Debug)]
pub struct UsageEventData;

impl PartialSchema for UsageEventData {
    fn schema() -> RefOr<Schema> {
        let mut schema = <UsageEventBody as PartialSchema>::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            for name in ["source", "id", "happened_at"] {
                object.properties.remove(name);
                object.required.retain(|required| required != name);
            }
            object.description = Some(
                "The data of a CloudEvent: a usage event without what the attributes of the event say."
                    .to_owned(),
            );
        }
        schema
    }
}

impl ToSchema for UsageEventData {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        <UsageEventBody as ToSchema>::schemas(schemas);
    }
}

/// A `CloudEvent` 1.0 of a use. Extensions are welcome and ignored.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct CloudEvent {
    /// The version of the format.
    #[schema(pattern = "^1\\.0$", min_length = 3, max_length = 3, example = "1.0")]
    specversion: String,
    /// The id the source gives it. Source and id together are unique, for good.
    #[schema(min_length = 1, max_length = 255, example = "4f1c")]
    id: String,
    /// Who reports it.
    #[schema(min_length = 1, max_length = 255, example = "/gateways/eu-1")]
    source: String,
    /// What kind of event it is: the operation, unless the data names one.
    #[schema(min_length = 1, max_length = 255, example = "com.example.completion")]
    r#type: String,
    /// When it happened; now when absent.
    #[schema(required = false)]
    time: Option<Timestamp>,
    /// Who used, unless the data names a person: an address, an id or an employee number.
    #[schema(
        required = false,
        min_length = 1,
        max_length = 320,
        example = "terri0@adventure-works.com"
    )]
    subject: Option<String>,
    /// The media type of the data: JSON.
    #[schema(required = false, max_length = 100, example = "application/json")]
    datacontenttype: Option<String>,
    /// The use.
    data: UsageEventData,
}

/// What is read of a call log of a `LiteLLM` gateway; everything else is dropped unread.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct LitellmLog {
    /// The id of the call.
    #[schema(min_length = 1, max_length = 255, example = "chatcmpl-9f2")]
    id: String,
    /// What was called.
    #[schema(required = false, max_length = 100, example = "acompletion")]
    call_type: Option<String>,
    /// What it cost, in USD.
    #[schema(
        required = false,
        minimum = 0,
        maximum = 9_000_000_000_u64,
        example = 0.0187225
    )]
    response_cost: Option<f64>,
    /// Whether it succeeded or failed.
    #[schema(required = false, max_length = 100, example = "success")]
    status: Option<String>,
    /// Whose service was used.
    #[schema(required = false, max_length = 100, example = "openai")]
    custom_llm_provider: Option<String>,
    /// Which model.
    #[schema(required = false, max_length = 200, example = "gpt-4o")]
    model: Option<String>,
    /// When it began: seconds since the epoch.
    #[schema(
        rename = "startTime",
        required = false,
        minimum = 0,
        maximum = 9_000_000_000_u64,
        example = 1_700_158_623.979_96
    )]
    start_time: Option<f64>,
    /// When it ended: seconds since the epoch.
    #[schema(
        rename = "endTime",
        required = false,
        minimum = 0,
        maximum = 9_000_000_000_u64,
        example = 1_700_158_625.1
    )]
    end_time: Option<f64>,
    /// Whom the application calls for.
    #[schema(required = false, max_length = 320, example = "terri0@adventure-works.com")]
    end_user: Option<String>,
    /// Tags; the first 20 are kept.
    #[schema(required = false, max_items = 1_000, value_type = Vec<crate::metering::Tag>)]
    request_tags: Option<Vec<crate::metering::Tag>>,
    /// Tokens of the prompt.
    #[schema(required = false, minimum = 0, maximum = 1_000_000_000)]
    prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    #[schema(required = false, minimum = 0, maximum = 1_000_000_000)]
    completion_tokens: Option<u64>,
    /// Whom the key belongs to.
    #[schema(required = false)]
    metadata: Option<LitellmMetadata>,
}

/// What is read of the metadata of such a log.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct LitellmMetadata {
    /// The address of the key's user.
    #[schema(required = false, max_length = 320, example = "terri0@adventure-works.com")]
    user_api_key_user_email: Option<String>,
    /// The id of the key's user.
    #[schema(required = false, max_length = 320, example = "2")]
    user_api_key_user_id: Option<String>,
    /// The end user that the key names.
    #[schema(required = false, max_length = 320, example = "2")]
    user_api_key_end_user_id: Option<String>,
    /// The key's name.
    #[schema(required = false, max_length = 500, example = "research")]
    user_api_key_alias: Option<String>,
    /// The team's id.
    #[schema(required = false, max_length = 500, example = "team-7")]
    user_api_key_team_id: Option<String>,
    /// The team's name.
    #[schema(required = false, max_length = 500, example = "Research")]
    user_api_key_team_alias: Option<String>,
}

/// One log, or an array of them.
#[derive(Debug)]
pub struct LitellmLogsBody;

impl PartialSchema for LitellmLogsBody {
    fn schema() -> RefOr<Schema> {
        let one = Ref::from_schema_name("LitellmLog");
        let many = ArrayBuilder::new()
            .items(one.clone())
            .max_items(Some(500))
            .build();
        OneOfBuilder::new().item(one).item(many).into()
    }
}

impl ToSchema for LitellmLogsBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            <LitellmLog as ToSchema>::name().into_owned(),
            <LitellmLog as PartialSchema>::schema(),
        ));
        <LitellmLog as ToSchema>::schemas(schemas);
    }
}
