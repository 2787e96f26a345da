//! `refrain-bindgen <bridge.wasm> <folder>`: writes `bridge.js`, `bridge.d.ts` and `bridge_bg.wasm`.

use std::{env, path::Path};

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let (Some(wasm), Some(folder)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("refrain-bindgen <bridge.wasm> <folder>");
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(Path::new(&wasm)).out_name("bridge").web(true)?;
    // The names of functions make half of the file, and nobody debugs the bridge in a browser.
    bindgen
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(true)
        .omit_default_module_path(true);
    bindgen.generate(Path::new(&folder)).context("the bridge's JavaScript was not written")
}
