//! `#[holdpoint::phase]` makes a function the entry of a phase, `#[holdpoint::policy]` that of a policy, and `#[holdpoint::user]` a type a
//! virtual user.
//!
//! Only the attributes live here, because a procedural macro needs a crate of its own; what they call is in `holdpoint`. It refuses
//! a function that it could not call: asynchronous, generic, or without exactly a context and a configuration.

use proc_macro::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, ItemImpl, ReturnType};

/// Makes `fn run(cx: &Context, config: Config) -> Result<()>` what the host calls.
///
/// The configuration is parsed from the bundle's `config` by serde; what it lacks or misspells becomes the error of the phase.
/// In a native build nothing is exported, and the function stands ready for `holdpoint::test`.
#[proc_macro_attribute]
pub fn phase(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry(arguments, item, &PHASE)
}

/// Makes `fn judge(cx: &mut Context, config: Config) -> Result<()>` what the host calls at each evaluation.
///
/// The configuration is parsed from the bundle's `config` by serde; what it lacks or misspells becomes the error of the policy.
/// In a native build nothing is exported, and the function stands ready for `holdpoint::testing::policy`.
#[proc_macro_attribute]
pub fn policy(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry(arguments, item, &POLICY)
}

/// What a function can be the entry of.
struct Kind {
    what: &'static str,
    /// What it takes, for people.
    context: &'static str,
    instead_of_async: &'static str,
    expand: fn(&ItemFn) -> proc_macro2::TokenStream,
}

const PHASE: Kind = Kind {
    what: "phase",
    context: "cx: &Context",
    instead_of_async: "parallel work is a batch such as `send_all`",
    expand: expand_phase,
};
const POLICY: Kind = Kind {
    what: "policy",
    context: "cx: &mut Context",
    instead_of_async: "there is nothing to wait for",
    expand: expand_policy,
};

fn entry(arguments: TokenStream, item: TokenStream, kind: &Kind) -> TokenStream {
    let function = match syn::parse::<ItemFn>(item) {
        Ok(function) => function,
        Err(error) => return error.into_compile_error().into(),
    };
    if !arguments.is_empty() {
        let says = format!("`#[{}]` takes no arguments", kind.what);
        return Error::new(function.sig.span(), says).into_compile_error().into();
    }
    match check(&function, kind) {
        Ok(()) => (kind.expand)(&function).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Makes a type with `impl VirtualUser for …` what the host calls as a virtual user. A module holds one.
///
/// In a native build nothing is exported, and the type stands ready for `holdpoint::testing::user`.
#[proc_macro_attribute]
pub fn user(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let implementation = match syn::parse::<ItemImpl>(item) {
        Ok(implementation) => implementation,
        Err(error) => return error.into_compile_error().into(),
    };
    let wrong = if !arguments.is_empty() {
        Some("`#[user]` takes no arguments")
    } else if implementation.trait_.is_none() {
        Some("`#[user]` stands above `impl VirtualUser for …`")
    } else if !implementation.generics.params.is_empty() {
        Some("a user is not generic: the host makes one type of it")
    } else {
        None
    };
    match wrong {
        Some(wrong) => Error::new(implementation.self_ty.span(), wrong).into_compile_error().into(),
        None => expand_user(&implementation).into(),
    }
}

fn check(function: &ItemFn, kind: &Kind) -> Result<(), Error> {
    let (signature, what) = (&function.sig, kind.what);
    if let Some(keyword) = &signature.asyncness {
        return Err(Error::new(keyword.span(), format!("a {what} is synchronous; {}", kind.instead_of_async)));
    }
    if !signature.generics.params.is_empty() {
        let says = format!("a {what} is not generic: the host calls it with one type");
        return Err(Error::new(signature.generics.span(), says));
    }
    if signature.inputs.len() != 2 || signature.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_))) {
        let says = format!("a {what} takes `{}` and `config: Config`, nothing else", kind.context);
        return Err(Error::new(signature.inputs.span(), says));
    }
    if matches!(signature.output, ReturnType::Default) {
        return Err(Error::new(signature.span(), format!("a {what} returns `holdpoint::Result<()>`")));
    }
    Ok(())
}

fn expand_phase(function: &ItemFn) -> proc_macro2::TokenStream {
    let name = &function.sig.ident;
    // The use of the function is spanned at its name, so that a wrong type is reported there and not at the attribute.
    let call = quote_spanned!(name.span()=> ::holdpoint::entry::run(&config, super::#name));
    let export = quote! {
        impl ::holdpoint::bindings::Guest for Exported {
            fn run(config: ::std::string::String) -> ::std::result::Result<(), ::std::string::String> {
                #call
            }
        }

        ::holdpoint::bindings::export!(Exported with_types_in ::holdpoint::bindings);
    };
    exported(function, &export)
}

fn expand_policy(function: &ItemFn) -> proc_macro2::TokenStream {
    let name = &function.sig.ident;
    let call = quote_spanned!(name.span()=> ::holdpoint::policy::entry::evaluate(&config, state, super::#name));
    let export = quote! {
        use ::holdpoint::policy::bindings::exports::holdpoint::policy::judge;

        impl judge::Guest for Exported {
            fn evaluate(
                config: ::std::string::String,
                state: ::std::vec::Vec<u8>,
            ) -> ::std::result::Result<judge::Evaluation, ::std::string::String> {
                #call.map(::std::convert::Into::into)
            }
        }

        ::holdpoint::policy::bindings::export!(Exported with_types_in ::holdpoint::policy::bindings);
    };
    exported(function, &export)
}

/// The function, and beside it what makes a component of it.
fn exported(function: &ItemFn, export: &proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the exported symbols of a component are unsafe functions by nature")]
        mod __holdpoint_export {
            struct Exported;

            #export
        }

        // Without an export the function would count as dead code.
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            let _ = #name;
        };
    }
}

fn expand_user(implementation: &ItemImpl) -> proc_macro2::TokenStream {
    let user = &implementation.self_ty;
    quote! {
        #implementation

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the exported symbols of a component are unsafe functions by nature")]
        mod __holdpoint_export {
            use super::*;

            ::std::thread_local! {
                static USER: ::holdpoint::user::entry::Instance<#user> =
                    const { ::holdpoint::user::entry::Instance::new() };
            }

            struct Exported;

            impl ::holdpoint::user::bindings::Guest for Exported {
                fn start(config: ::std::string::String) -> ::std::result::Result<(), ::std::string::String> {
                    USER.with(|user| user.start(&config))
                }

                fn iterate() -> ::std::result::Result<(), ::std::string::String> {
                    USER.with(|user| user.iterate())
                }

                fn stop() {
                    USER.with(|user| user.stop());
                }
            }

            ::holdpoint::user::bindings::export!(Exported with_types_in ::holdpoint::user::bindings);
        }
    }
}
