import { createServer } from "node:net";

/** A port of the loopback on which nobody listens, for a program that must be told one. */
export function freePort() {
    return new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}
