// The page works without this. It adds: in-place updates, keys, kept drafts, live lists.
import "./live.js";
import "./drafts.js";
import "./dialogs.js";
import "./list.js";
import "./refresh.js";
import "./acted.js";
import "./expected.js";
import "./bulk.js";
import "./palette.js";
import "./keys.js";
import "./lightbox.js";
import "./offers.js";
import "./composer.js";
import "./files.js";
import "./others.js";
import "./presence.js";
import "./times.js";

// one page of all asks for these
if (document.querySelector("#preferences")) import("./preferences.js");
if (document.querySelector("#browsers[data-push]")) import("./push.js");
document.documentElement.dataset.script = "on";
