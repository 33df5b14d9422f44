// Sends each chosen or dropped file by itself, two at a time, and puts the
// server's answer in the place of its row: what became of it is there as soon
// as it is read. Without this file the form sends all of them at once.
const atOnce = 2;
const lost = "The connection broke before it was read. Nothing was lost; try again.";

export function takeUploads(form) {
  const input = form.querySelector("input[type=file]");
  const results = document.querySelector("[data-upload-results]");
  const waiting = [];
  const failed = new Set();
  const counts = {}; // mails by verdict
  let all = 0;
  let read = 0;
  let running = 0;

  function add(files) {
    for (const file of files) {
      const upload = { file, row: newRow(results, file.name) };
      part(upload, "retry").addEventListener("click", () => again([upload]));
      all++;
      if (file.size > Number(form.dataset.most)) fail(upload, form.dataset.tooLarge, false);
      else waiting.push(upload);
    }
    go();
  }

  function again(uploads) {
    for (const upload of uploads) {
      failed.delete(upload);
      part(upload, "retry").hidden = true;
      say(upload, "Waiting");
      waiting.push(upload);
    }
    go();
  }

  function go() {
    while (running < atOnce && waiting.length > 0) {
      running++;
      const upload = waiting.shift();
      send(form.action, upload).then(
        (rows) => {
          for (const { dataset } of rows.querySelectorAll("[data-tally]"))
            counts[dataset.tally] = (counts[dataset.tally] ?? 0) + Number(dataset.count);
          upload.row.replaceWith(rows);
          read++;
        },
        ({ message }) => fail(upload, message, true),
      ).finally(() => {
        running--;
        go();
      });
    }
    show();
  }

  function fail(upload, sentence, retry) {
    say(upload, sentence, true);
    upload.row.querySelector("progress").hidden = true;
    part(upload, "retry").hidden = !retry;
    if (retry) failed.add(upload);
  }

  function show() {
    const busy = running + waiting.length > 0;
    (busy ? addEventListener : removeEventListener)("beforeunload", stay);
    results.hidden = all === 0;
    const bar = results.querySelector("progress");
    bar.max = Math.max(all, 1);
    bar.value = all - running - waiting.length;
    const left = bar.value - read;
    results.querySelector("[data-upload-words]").textContent =
      `${read} of ${all} ${all === 1 ? "file" : "files"} read` + (left > 0 ? `, ${left} not taken` : "");
    results.querySelector("[data-upload-tally]").textContent = [...results.querySelectorAll("[data-tally-word]")]
      .filter(({ dataset }) => counts[dataset.tallyWord])
      .map(({ dataset, textContent }) => `${counts[dataset.tallyWord]} ${textContent}`)
      .join(", ");
    results.querySelector("[data-upload-link]").hidden = read === 0;
    results.querySelector("[data-retry-all]").hidden = busy || failed.size < 2;
  }

  results.querySelector("[data-retry-all]").addEventListener("click", () => again([...failed]));
  const take = () => {
    if (input.files.length > 0) add(input.files);
    input.value = ""; // so that the same file can be chosen again
  };
  input.addEventListener("change", take);
  take(); // who was quicker than this file
  takeDrops(form, add);
}

// The whole page takes files: one dropped beside the box would replace the page.
function takeDrops(form, add) {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.dataset.over = "yes";
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete form.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    delete form.dataset.over;
    add(event.dataTransfer.files);
  });
}

function newRow(results, name) {
  const row = results.querySelector("[data-upload-row]").content.firstElementChild.cloneNode(true);
  row.querySelector("[data-name]").textContent = name;
  results.querySelector("tbody").append(row);
  say({ row }, "Waiting");
  return row;
}

function part({ row }, name) {
  return row.querySelector(`[data-${name}]`);
}

function say(upload, words, bad = false) {
  const line = part(upload, "words");
  line.textContent = words;
  line.classList.toggle("text-error", bad);
  line.classList.toggle("text-muted", !bad);
}

function stay(event) {
  event.preventDefault();
}

// Resolves with the rows of the answer, or fails with a sentence.
function send(action, upload) {
  const bar = upload.row.querySelector("progress");
  const body = new FormData();
  body.append("file", upload.file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", action);
    request.setRequestHeader("HX-Request-Type", "partial");
    request.upload.onprogress = ({ loaded, total }) => {
      bar.hidden = false;
      bar.max = total;
      bar.value = loaded;
      say(upload, loaded < total ? "Sending" : "Reading");
    };
    request.onerror = () => reject(new Error(lost));
    request.onload = () => {
      const answer = document.createElement("template");
      answer.innerHTML = request.responseText;
      if (request.status === 200) resolve(answer.content);
      else reject(new Error(answer.content.querySelector("[data-sentence]")?.textContent ?? refusals[request.status] ?? refusals[500]));
    };
    say(upload, "Sending");
    request.send(body);
  });
}

const refusals = {
  401: "You are signed out. Sign in again in another tab, then try again here.",
  403: "Your role in this organization does not allow this any more.",
  404: "You do not belong to this organization any more.",
  500: "The server could not take it just now. Nothing was lost; try again in a minute.",
};
