//! Resources and resource templates: a function's results as contents.

use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::Handler;
use super::template::Template;
use crate::content::base64;
use crate::context::Context;
use crate::error::Failure;
use crate::protocol::types::{
    AnyResourceContents, BlobResourceContents, Resource, ResourceTemplate, TextResourceContents,
};
use crate::schema::{Arguments, lines};

/// What a resource may give.
pub trait IntoResource {
    /// The media type, where the Rust type tells it.
    const MIME_TYPE: Option<&'static str>;

    /// The contents of the resource at this address.
    fn into_contents(self, uri: &str) -> Vec<AnyResourceContents>;
}

impl IntoResource for String {
    const MIME_TYPE: Option<&'static str> = Some("text/plain");

    fn into_contents(self, uri: &str) -> Vec<AnyResourceContents> {
        let contents = TextResourceContents::new(self, uri);
        vec![TextResourceContents { mime_type: Self::MIME_TYPE.map(str::to_owned), ..contents }.into()]
    }
}

impl IntoResource for &'static str {
    const MIME_TYPE: Option<&'static str> = String::MIME_TYPE;

    fn into_contents(self, uri: &str) -> Vec<AnyResourceContents> {
        self.to_owned().into_contents(uri)
    }
}

impl IntoResource for Vec<u8> {
    const MIME_TYPE: Option<&'static str> = Some("application/octet-stream");

    fn into_contents(self, uri: &str) -> Vec<AnyResourceContents> {
        let contents = BlobResourceContents::new(base64(&self), uri);
        vec![BlobResourceContents { mime_type: Self::MIME_TYPE.map(str::to_owned), ..contents }.into()]
    }
}

impl IntoResource for Vec<AnyResourceContents> {
    const MIME_TYPE: Option<&'static str> = None;

    fn into_contents(self, _: &str) -> Vec<AnyResourceContents> {
        self
    }
}

/// A resource and what reads it.
pub(crate) struct ResourceEntry {
    pub(crate) definition: Resource,
    pub(crate) read: Handler<(), Vec<AnyResourceContents>>,
}

impl ResourceEntry {
    pub(crate) fn new<R, F, Fut>(uri: &str, name: &str, function: F) -> Self
    where
        R: IntoResource,
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let definition = Resource { mime_type: R::MIME_TYPE.map(str::to_owned), ..Resource::new(name, uri) };
        let uri: Arc<str> = uri.into();
        let read: Handler<(), _> = Arc::new(move |(), cx| {
            let (running, uri) = (function(cx), uri.clone());
            Box::pin(async move { Ok(running.await?.into_contents(&uri)) })
        });
        ResourceEntry { definition, read }
    }
}

/// A resource template and what reads the resources that it stands for.
pub(crate) struct TemplateEntry {
    pub(crate) definition: ResourceTemplate,
    pub(crate) template: Template,
    read: Handler<TemplateMatch, Vec<AnyResourceContents>>,
}

/// An address that a template stands for, and its variables.
type TemplateMatch = (String, Vec<(String, String)>);

impl TemplateEntry {
    /// # Errors
    /// If the template is none, or its variables are not what the function takes.
    pub(crate) fn new<A, R, F, Fut>(uri_template: &str, name: &str, function: F) -> Result<Self, String>
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoResource,
        F: Fn(A, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let template = Template::parse(uri_template)?;
        let arguments = Arguments::of::<A>()?;
        agree(&template, &arguments)?;
        let definition = ResourceTemplate {
            mime_type: R::MIME_TYPE.map(str::to_owned),
            ..ResourceTemplate::new(name, uri_template)
        };
        let function = Arc::new(function);
        let read: Handler<TemplateMatch, _> = Arc::new(move |(uri, variables), cx| {
            let texts = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let running = arguments.read_texts::<A>(texts).map(|arguments| function(arguments, cx));
            Box::pin(async move {
                let running = running.map_err(|problems| Failure::invalid_params(lines(&problems)))?;
                Ok(running.await?.into_contents(&uri))
            })
        });
        Ok(TemplateEntry { definition, template, read })
    }

    /// What reads the resource at this address, if the template stands for it.
    pub(crate) fn read(&self, uri: &str, cx: &Context) -> Option<super::Handling<Vec<AnyResourceContents>>> {
        let variables = self.template.variables(uri)?;
        Some((self.read)((uri.to_owned(), variables), cx.clone()))
    }

    pub(super) fn takes(&self, variable: &str) -> bool {
        self.template.names().any(|name| name == variable)
    }
}

/// Every variable is taken by a field, and every field that must be there is a variable.
fn agree(template: &Template, arguments: &Arguments) -> Result<(), String> {
    let fields = arguments.named();
    for name in template.names() {
        if !fields.iter().any(|(field, ..)| field == name) {
            return Err(format!("the variable {name:?} has no field"));
        }
    }
    for (field, _, required) in &fields {
        if *required && !template.names().any(|name| name == field) {
            return Err(format!("the field {field:?} is not a variable of the template"));
        }
    }
    Ok(())
}
