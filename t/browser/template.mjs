// SPDX-License-Identifier: Apache-2.0
// The template language of templates/*.html, for looking at pages without a server: %%name%% is replaced by the
// HTML-escaped value, %%#name%%…%%/name%% is kept when the value is not empty, %%*name%%…%%/name%% is repeated for each
// row of values.name. The module has its own in C; this one
// only draws previews.

import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(`../../templates/${name}.html`, import.meta.url), "utf8");

/** The languages of the pages; the files of English are at the top. */
export const languages = ["en", "de", "fr", "es"];

// The template of a page: its blocks, each after a line %%@name%%, inside the layout, which shows the footer if the
// values have has_footer.
export function template(name, language = "en") {
  const blocks = Object.fromEntries(
    read(language === "en" ? name : `${language}/${name}`)
      .split(/^(?=%%@[a-z_]+%%\n)/m)
      .map((block) => block.match(/^%%@([a-z_]+)%%\n(.*?)\n?$/s).slice(1)),
  );
  blocks.footer = '<a href="/imprint">Imprint</a>';
  return read("layout").replace(/%%@([a-z_]+)%%/g, (marker, block) => blocks[block] ?? "");
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (character) => entities[character]);

export function render(text, values) {
  const template = text.replace(/%%\*([a-z_]+)%%(.*?)%%\/\1%%/gs, (list, name, row) =>
    (values[name] ?? []).map((own) => render(row, { ...values, ...own })).join(""),
  );
  values = { page_language: "en", ...values };
  const filled = (name) => (values[name] ?? "") !== "";
  const open = [];
  let page = "";
  let from = 0;
  for (const tag of template.matchAll(/%%([#/]?)([a-z_]+)%%/g)) {
    const shown = open.every(filled);
    if (shown) page += template.slice(from, tag.index);
    const [whole, kind, name] = tag;
    if (kind === "#") open.push(name);
    else if (kind === "/" && open.pop() !== name) throw new Error(`${whole} closes nothing`);
    else if (kind === "" && shown) page += escapeHtml(values[name] ?? "");
    from = tag.index + whole.length;
  }
  if (open.length > 0) throw new Error(`%%#${open.at(-1)}%% is not closed`);
  return page + template.slice(from);
}
