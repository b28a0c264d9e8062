//! What stands in a macro. Its meaning is the macro's own: it is read as expressions, else as statements, else as tokens, where names
//! before `!`, names before `(`, paths and texts are still seen.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::Visit as _;
use syn::{Block, Expr, Lit, Macro, Token};

use super::rust::Reader;
use crate::source::UseKind;

pub(super) fn read(reader: &mut Reader<'_>, it: &Macro) {
    if let Ok(expressions) = it.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
        expressions.iter().for_each(|expression| reader.visit_expr(expression));
    } else if let Ok(statements) = it.parse_body_with(Block::parse_within) {
        statements.iter().for_each(|statement| reader.visit_stmt(statement));
    } else {
        tokens(reader, it.tokens.clone());
    }
}

/// A path as far as it has been read, and where it began.
#[derive(Default)]
struct Chain {
    segments: Vec<String>,
    start: Option<Span>,
    colons: usize,
}

fn tokens(reader: &mut Reader<'_>, stream: TokenStream) {
    let mut chain = Chain::default();
    for token in stream {
        match token {
            TokenTree::Ident(ident) => {
                reader.note(ident.span(), UseKind::Identifier, ident.to_string());
                if chain.colons != 2 {
                    end(reader, &mut chain, None);
                }
                chain.colons = 0;
                chain.start.get_or_insert(ident.span());
                chain.segments.push(ident.to_string());
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !chain.segments.is_empty() => chain.colons += 1,
            TokenTree::Punct(punct) => {
                let kind = (punct.as_char() == '!').then_some(UseKind::Macro);
                end(reader, &mut chain, kind);
            }
            TokenTree::Group(group) => {
                let call = group.delimiter() == proc_macro2::Delimiter::Parenthesis;
                end(reader, &mut chain, call.then_some(UseKind::Call));
                tokens(reader, group.stream());
            }
            TokenTree::Literal(literal) => {
                end(reader, &mut chain, None);
                reader.visit_lit(&Lit::new(literal));
            }
        }
    }
    end(reader, &mut chain, None);
}

fn end(reader: &mut Reader<'_>, chain: &mut Chain, kind: Option<UseKind>) {
    let Chain { segments, start, .. } = std::mem::take(chain);
    let Some(start) = start else { return };
    let kind = kind.or_else(|| (segments.len() > 1).then_some(UseKind::Member));
    if let Some(kind) = kind {
        reader.note(start, kind, segments.join("::"));
    }
    reader.path(start, segments);
}
