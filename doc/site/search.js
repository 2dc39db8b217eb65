// SPDX-License-Identifier: Apache-2.0
// Searches the sections of all pages, which search-index.js lists, without a server.
"use strict";

const field = document.querySelector("input[type=search]");
const list = document.getElementById("found");
const count = document.getElementById("count");
const words_of = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function rank(section, words) {
    const title = section.title.toLowerCase(), text = section.text.toLowerCase();
    let points = 0;
    for (const word of words) {
        if (title === word) points += 100;
        else if (title.includes(word)) points += 20;
        else if (text.includes(word)) points += 1;
        else return 0;
    }
    return points;
}

function excerpt(section, words) {
    const at = Math.max(0, section.text.toLowerCase().indexOf(words[0]) - 60);
    return (at ? "…" : "") + section.text.slice(at, at + 200) + (at + 200 < section.text.length ? "…" : "");
}

function show() {
    const words = words_of(field.value);
    const found = words.length ? sections.map((s) => [rank(s, words), s]).filter(([points]) => points > 0).sort((a, b) => b[0] - a[0]) : [];
    count.textContent = words.length ? `${found.length} found` : "";
    list.replaceChildren(...found.slice(0, 40).map(([, section]) => {
        const item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
        link.href = section.url;
        link.textContent = `${section.title} (${section.page})`;
        text.textContent = excerpt(section, words);
        item.append(link, text);
        return item;
    }));
    history.replaceState(null, "", field.value ? "?q=" + encodeURIComponent(field.value) : location.pathname);
}

field.value = new URLSearchParams(location.search).get("q") || "";
field.addEventListener("input", show);
show();
