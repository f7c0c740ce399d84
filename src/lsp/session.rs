//! What a client may ask, and who answers.

use std::convert::Infallible;

use lsp_server::{ErrorCode, Notification, Request, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CompletionOptions,
    CompletionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentFormattingParams, GotoDefinitionParams, HoverParams, HoverProviderCapability, InitializeParams,
    InitializeResult, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    notification::{
        DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
        Notification as _,
    },
    request::{CodeActionRequest, Completion, Formatting, GotoDefinition, HoverRequest, Initialize, Request as _},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    action, completion, definition, diagnostics::Published, document::Encoding, formatting, hover, keys::Keys,
    workspace::Workspace,
};

/// One client's session.
#[derive(Debug)]
pub(super) struct Session {
    keys: Keys,
    workspace: Workspace,
    published: Published,
    is_initialized: bool,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            keys: Keys::new(),
            workspace: Workspace::default(),
            published: Published::default(),
            is_initialized: false,
        }
    }
}

impl Session {
    /// Looks at what has changed; the diagnostics that are others than before.
    pub(super) fn look(&mut self) -> Vec<Notification> {
        if self.workspace.has_news() { self.published.renew(&self.workspace) } else { Vec::new() }
    }

    /// Takes in what a client tells; an unreadable or unknown notification has no effect.
    pub(super) fn note(&mut self, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(params) = read::<DidOpenTextDocumentParams>(notification.params) {
                    let document = params.text_document;
                    self.workspace.open(&document.uri, document.text, document.version);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(params) = read::<DidChangeTextDocumentParams>(notification.params) {
                    let uri = params.text_document.uri;
                    if let Some(open) = self.workspace.open.get_mut(uri.as_str()) {
                        open.document.change(params.content_changes, params.text_document.version);
                        self.workspace.changed(&uri);
                    }
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(params) = read::<DidCloseTextDocumentParams>(notification.params) {
                    self.workspace.close(&params.text_document.uri);
                }
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.workspace.saved(),
            _ => {}
        }
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, request: Request) -> Response {
        let method = request.method.clone();
        if method == Initialize::METHOD {
            return self.initialize(request);
        }
        if !self.is_initialized {
            let text = "the first request is `initialize`".to_owned();
            return Response::new_err(request.id, ErrorCode::ServerNotInitialized as i32, text);
        }
        // An answer speaks of the text as it is now.
        self.workspace.look();
        let (keys, workspace) = (&self.keys, &self.workspace);
        match method.as_str() {
            HoverRequest::METHOD => reply(request, |params: HoverParams| {
                let at = params.text_document_position_params;
                hover::hover(workspace, keys, &at.text_document.uri, at.position)
            }),
            GotoDefinition::METHOD => reply(request, |params: GotoDefinitionParams| {
                let at = params.text_document_position_params;
                definition::definition(workspace, &at.text_document.uri, at.position)
            }),
            Completion::METHOD => reply(request, |params: CompletionParams| {
                let at = params.text_document_position;
                completion::completion(workspace, keys, &at.text_document.uri, at.position)
            }),
            CodeActionRequest::METHOD => reply(request, |params: CodeActionParams| {
                action::actions(workspace, &params.text_document.uri, params.range, params.context.only.as_deref())
            }),
            Formatting::METHOD => attempt(request, |params: DocumentFormattingParams| {
                formatting::formatting(workspace, &params.text_document.uri)
            }),
            _ => {
                let text = format!("there is no `{method}` here");
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, text)
            }
        }
    }

    fn initialize(&mut self, request: Request) -> Response {
        if self.is_initialized {
            let text = "`initialize` comes once".to_owned();
            return Response::new_err(request.id, ErrorCode::InvalidRequest as i32, text);
        }
        let general = read::<InitializeParams>(request.params).and_then(|params| params.capabilities.general);
        let offered = general.and_then(|general| general.position_encodings).unwrap_or_default();
        if offered.contains(&PositionEncodingKind::UTF8) {
            self.workspace.encoding = Encoding::Utf8;
        }
        self.is_initialized = true;
        Response::new_ok(
            request.id,
            InitializeResult {
                capabilities: capabilities(self.workspace.encoding),
                server_info: Some(ServerInfo {
                    name: "shifter-site".to_owned(),
                    version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                }),
            },
        )
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let encoding = match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
    };
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(SaveOptions { include_text: Some(false) }.into()),
        ..TextDocumentSyncOptions::default()
    };
    ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["[", ".", "=", "\"", "'"].map(str::to_owned).into()),
            ..CompletionOptions::default()
        }),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

fn read<P: DeserializeOwned>(params: serde_json::Value) -> Option<P> {
    serde_json::from_value(params).ok()
}

/// The response to a request whose parameters can be read, or that they cannot.
fn reply<P: DeserializeOwned, R: Serialize>(request: Request, answer: impl FnOnce(P) -> R) -> Response {
    attempt(request, |params| Ok::<R, Infallible>(answer(params)))
}

/// The same where the answer may be that it cannot be done.
fn attempt<P: DeserializeOwned, R: Serialize, E: ToString>(
    request: Request,
    answer: impl FnOnce(P) -> Result<R, E>,
) -> Response {
    match serde_json::from_value(request.params).map(answer) {
        Ok(Ok(result)) => Response::new_ok(request.id, result),
        Ok(Err(why)) => Response::new_err(request.id, ErrorCode::RequestFailed as i32, why.to_string()),
        Err(error) => Response::new_err(request.id, ErrorCode::InvalidParams as i32, error.to_string()),
    }
}
