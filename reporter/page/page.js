// Drop a file anywhere, or paste a picture: it is put into the form's own field, and the form is sent.
"use strict";
const form = document.querySelector("form[data-drop]");
const files = form?.querySelector("input[type=file]");
const text = form?.querySelector("textarea");

function send(list) {
  files.files = list;
  form.requestSubmit();
}

if (form) {
  document.body.dataset.drop = form.dataset.drop;
  document.addEventListener("dragover", event => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", event => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", event => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const dropped = event.dataTransfer;
    if (dropped.files.length) send(dropped.files);
    else if (text) text.value = dropped.getData("text/uri-list") || dropped.getData("text/plain");
    text?.focus();
  });
  document.addEventListener("paste", event => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      send(event.clipboardData.files);
    }
  });
}

for (const back of document.querySelectorAll("a[data-back]"))
  back.addEventListener("click", event => {
    event.preventDefault();
    history.back();
  });
