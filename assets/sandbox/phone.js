// Keeps the list fresh, types round amounts, and says that a payment is under way. The page works without it.

const REFRESH_MS = 2000;

const amount = document.getElementById("amount");
const chips = document.getElementById("chips");
if (amount && chips) {
  chips.hidden = false;
  chips.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-amount]");
    if (chip) amount.value = chip.dataset.amount;
  });
}

document.querySelector("form")?.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-busy]");
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
  event.target.addEventListener("submit", (again) => again.preventDefault());
});

// A page taken back from the browser's memory must be able to pay again.
addEventListener("pageshow", (event) => event.persisted && location.reload());

const address = location.search.includes("paid=") ? location.href : "/";

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(address);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  replace("told", fresh);
  replace("cards", fresh);
}

function replace(id, fresh) {
  const old = document.getElementById(id);
  const next = fresh.getElementById(id);
  if (!old || !next) return;
  const open = new Set([...old.querySelectorAll("details[open]")].map((details) => details.id));
  for (const details of next.querySelectorAll("details")) details.open = open.has(details.id);
  if (old.innerHTML === next.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("details")?.id : null;
  old.replaceChildren(...next.childNodes);
  if (focused) document.getElementById(focused)?.querySelector("summary").focus();
}

setInterval(() => refresh().catch(() => {}), REFRESH_MS);
