//! The defaults of a form, for what a user who accepted it has left out.
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#requested-schema>

use std::sync::Arc;

use crate::error::Failure;
use crate::protocol::handlers::ClientHandler;
use crate::protocol::types::{
    ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitSchema, ElicitValue, NumberSchemaType,
    PrimitiveSchemaDefinition as Field,
};
use crate::wire::Number;

/// Who answers, with the defaults filled in. Only what the user is asked goes this way.
pub(super) struct Filling<H>(pub(super) Arc<H>);

impl<H: ClientHandler<(), Error = Failure> + Send> ClientHandler<()> for Filling<H> {
    type Error = Failure;

    async fn elicit(&self, (): &(), params: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let schema = match &params {
            ElicitRequestParams::Form(form) => Some(form.requested_schema.clone()),
            ElicitRequestParams::Url(_) => None,
        };
        let mut result = self.0.elicit(&(), params).await?;
        if let (Some(schema), ElicitResultAction::Accept) = (schema, &result.action) {
            fill(&schema, &mut result);
        }
        Ok(result)
    }
}

fn fill(schema: &ElicitSchema, result: &mut ElicitResult) {
    let content = result.content.get_or_insert_default();
    for (name, field) in &schema.properties {
        if !content.contains_key(name)
            && let Some(value) = default(field)
        {
            content.insert(name.clone(), value);
        }
    }
}

fn default(field: &Field) -> Option<ElicitValue> {
    match field {
        Field::String(field) => field.default.clone().map(ElicitValue::String),
        Field::Number(field) => field.default.map(|value| ElicitValue::Number(number(value, field.r#type))),
        Field::Boolean(field) => field.default.map(ElicitValue::Boolean),
        Field::UntitledSingleSelectEnum(field) => field.default.clone().map(ElicitValue::String),
        Field::TitledSingleSelectEnum(field) => field.default.clone().map(ElicitValue::String),
        Field::UntitledMultiSelectEnum(field) => field.default.clone().map(ElicitValue::Strings),
        Field::TitledMultiSelectEnum(field) => field.default.clone().map(ElicitValue::Strings),
        Field::LegacyTitledEnum(field) => field.default.clone().map(ElicitValue::String),
    }
}

/// A default as the field wants it: `30`, and not `30.0`, for an integer.
fn number(value: f64, kind: NumberSchemaType) -> Number {
    #[allow(clippy::cast_possible_truncation, reason = "only what every reader holds exactly is made an integer")]
    match kind {
        NumberSchemaType::Integer if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => {
            Number::Integer(value as i64)
        }
        _ => Number::Float(value),
    }
}
