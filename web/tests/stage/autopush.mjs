// A push service on loopback for Firefox: RFC 8030 for whoever pushes, and the WebSocket protocol of Mozilla's autopush
// for the browser. It sees what a real one sees, and keeps it, so that a story can look.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

export class Autopush {
    /** Every message that was pushed: its headers, and its bytes as they came. */
    pushed = [];
    /** The versions that a browser has said to have. */
    taken = new Set();
    #http = createServer((request, response) => this.#push(request, response));
    #sockets = new WebSocketServer({ server: this.#http });
    #browsers = new Map();
    #channels = new Map();

    static async open() {
        const service = new Autopush();
        service.#sockets.on("connection", (socket) => service.#greet(socket));
        await new Promise((resolve) => service.#http.listen(0, "127.0.0.1", resolve));
        return service;
    }

    /** Where a browser connects to. */
    get address() {
        return `ws://127.0.0.1:${this.#http.address().port}/`;
    }

    /** The subscriptions that there are. */
    get subscriptions() {
        return [...this.#channels.values()];
    }

    async close() {
        for (const socket of this.#sockets.clients) socket.terminate();
        this.#sockets.close();
        this.#http.closeAllConnections();
        await new Promise((resolve) => this.#http.close(resolve));
    }

    #greet(socket) {
        let uaid;
        const say = (answer) => socket.send(JSON.stringify(answer));
        const answers = {
            hello: ({ uaid: known }) => {
                uaid = known && this.#browsers.has(known) ? known : randomUUID().replaceAll("-", "");
                const waiting = this.#browsers.get(uaid)?.waiting ?? [];
                this.#browsers.set(uaid, { say, waiting: [] });
                say({ messageType: "hello", uaid, status: 200, use_webpush: true, broadcasts: {} });
                waiting.forEach(say);
            },
            register: ({ channelID, key }) => {
                const path = `/wpush/v2/${randomUUID()}`;
                this.#channels.set(path, { uaid, channelID, key });
                say({
                    messageType: "register",
                    channelID,
                    status: 200,
                    pushEndpoint: `http://127.0.0.1:${this.#http.address().port}${path}`,
                });
            },
            unregister: ({ channelID }) => {
                for (const [path, channel] of this.#channels)
                    if (channel.channelID === channelID) this.#channels.delete(path);
                say({ messageType: "unregister", channelID, status: 200 });
            },
            ack: ({ updates = [] }) => {
                for (const { version } of updates) this.taken.add(version);
            },
        };
        socket.on("message", (bytes) => {
            const asked = JSON.parse(String(bytes));
            if (Object.keys(asked).length === 0) say({});
            else answers[asked.messageType]?.(asked);
        });
        socket.on("close", () => {
            if (this.#browsers.has(uaid)) this.#browsers.get(uaid).say = undefined;
        });
    }

    async #push(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const channel = this.#channels.get(request.url);
        const answer = (status, headers = {}) => response.writeHead(status, headers).end();
        if (!channel) return answer(410);
        // RFC 8292: `vapid t=…, k=…`; a subscription that was bound to a key takes no other's.
        const key = /[ ,]k=([\w-]+)/.exec(request.headers.authorization ?? "")?.[1];
        if (key !== channel.key?.replace(/=+$/, "")) return answer(403);
        if (!/^\d+$/.test(request.headers.ttl ?? "") || request.headers["content-encoding"] !== "aes128gcm")
            return answer(400);
        const version = randomUUID();
        this.pushed.push({ version, headers: request.headers, body });
        const told = {
            messageType: "notification",
            channelID: channel.channelID,
            version,
            data: body.toString("base64url"),
            headers: { encoding: "aes128gcm" },
        };
        const browser = this.#browsers.get(channel.uaid);
        if (browser.say) browser.say(told);
        else browser.waiting.push(told);
        return answer(201, {
            Location: `http://127.0.0.1:${this.#http.address().port}/m/${version}`,
            TTL: request.headers.ttl,
        });
    }
}
