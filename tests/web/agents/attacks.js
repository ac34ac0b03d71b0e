// What a hostile page tries against a page on this machine, in the browser of somebody who has that open. Each attack
// gives what it learned, or `nothing`.

const NOTHING = "nothing";

/** Runs all attacks on `target`, an origin, which would chat `owned` and send it to the peer `to`. */
export async function attack(target, to) {
  const learned = {};
  for (const [name, run] of Object.entries(attacks(target, to))) {
    try {
      learned[name] = await run();
    } catch (error) {
      learned[name] = error instanceof TypeError ? NOTHING : `${error}`;
    }
  }
  return learned;
}

function attacks(target, to) {
  const say = `${target}/api/call/say`;
  const chat = JSON.stringify({ text: "owned" });
  const send = `${target}/api/send?to=${to}&name=owned.json`;
  const read = async (path, options) => {
    const response = await fetch(target + path, options);
    return `${response.type} ${response.status} ${(await response.text()).slice(0, 100)}`;
  };
  const readEvents = async (options) => {
    const response = await fetch(`${target}/api/events`, options);
    const { value } = await response.body.getReader().read();
    return `${value.length} bytes`;
  };
  const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });
  const plain = { "content-type": "text/plain" };
  return {
    "read the page": () => read("/"),
    "read a script": () => read("/page.js"),
    "read chats": () => read("/api/messages?kind=chat"),
    "read events": () => readEvents(),
    "read with the cookies": () => read("/api/messages?kind=chat", { credentials: "include" }),
    "guess a download": () => read("/download/0"),
    "guess the token": () => read("/api/health", bearer("0")),
    "guess the token for events": () => readEvents(bearer("A".repeat(43))),
    "call": () => read("/api/call/say", { method: "POST", headers: plain, body: chat }),
    "call as JSON": () =>
      read("/api/call/say", { method: "POST", headers: { "content-type": "application/json" }, body: chat }),
    "call blindly": () =>
      read("/api/call/say", { method: "POST", mode: "no-cors", headers: plain, body: chat }),
    "send blindly": () =>
      read(send.slice(target.length), { method: "POST", mode: "no-cors", body: '{"owned":1}' }),
    "call by a beacon": () => {
      navigator.sendBeacon(say, chat);
      return NOTHING;
    },
    "an image": () => element("img", { src: `${target}/` }),
    "a style sheet": () => element("link", { rel: "stylesheet", href: `${target}/page.css` }),
    "a script": () => element("script", { src: `${target}/page_worker.js` }),
    "a module": () => import(`${target}/page.js`).then((module) => Object.keys(module).join()),
    "a shared worker": async () => {
      try {
        return await loaded(new SharedWorker(`${target}/page_worker.js`));
      } catch (error) {
        return error.name === "SecurityError" ? NOTHING : `${error}`;
      }
    },
    "a worker that imports": () => {
      const script =
        `try { importScripts("${target}/page_worker.js"); postMessage("imported") } catch { postMessage("${NOTHING}") }`;
      const worker = new Worker(URL.createObjectURL(new Blob([script])));
      return new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    },
    "events": () => {
      const events = new EventSource(`${target}/api/events`);
      return new Promise((resolve) => {
        events.onerror = () => {
          events.close();
          resolve(NOTHING);
        };
        events.onopen = () => resolve("an open stream");
      });
    },
    "a socket": () => {
      const socket = new WebSocket(`${target.replace("http", "ws")}/api/events`);
      return new Promise((resolve) => {
        socket.onerror = () => resolve(NOTHING);
        socket.onopen = () => resolve("an open socket");
      });
    },
    "a form in a frame": () => submit(say, chat),
    "a form with a file": () => submit(send, '{"owned":1}'),
    "a frame": async () => {
      const frame = document.createElement("iframe");
      frame.name = "framed";
      frame.src = `${target}/`;
      document.body.append(frame);
      await new Promise((resolve) => frame.onload = resolve);
      try {
        return frame.contentDocument?.title ?? NOTHING;
      } catch {
        return NOTHING;
      }
    },
    "the sizes of what was loaded": () => {
      const sizes = performance.getEntriesByType("resource").filter(({ name }) => name.startsWith(target))
        .map(({ transferSize, decodedBodySize }) => transferSize + decodedBodySize);
      return sizes.some((size) => size > 0) ? sizes.join() : NOTHING;
    },
    "the storage": () =>
      document.cookie + Object.values(sessionStorage) + Object.values(localStorage) || NOTHING,
  };
}

/** Waits until something has been loaded, or has not. */
function loaded(what) {
  return new Promise((resolve) => {
    what.onload = () => resolve("loaded");
    what.onerror = () => resolve(NOTHING);
  });
}

function element(name, attributes) {
  const made = Object.assign(document.createElement(name), attributes);
  const outcome = loaded(made);
  document.body.append(made);
  return outcome;
}

/** Posts a form as text, so that its body is a JSON object. */
async function submit(action, json) {
  const frame = Object.assign(document.createElement("iframe"), { name: `form-${Math.random()}` });
  const form = Object.assign(document.createElement("form"), {
    action,
    method: "post",
    enctype: "text/plain",
    target: frame.name,
  });
  // It is sent as `name=value`: the equals sign goes into a string.
  form.append(
    Object.assign(document.createElement("input"), { name: `${json.slice(0, -1)},"x":"`, value: '"}' }),
  );
  document.body.append(frame, form);
  form.submit();
  await new Promise((resolve) => frame.onload = resolve);
  try {
    return frame.contentDocument?.body.textContent || NOTHING;
  } catch {
    return NOTHING;
  }
}
