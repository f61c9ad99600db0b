import type { Server } from "./typed-server.ts";

/** How long requests under way may take when the gateway ends. */
const CLOSE_TIMEOUT_MS = 5_000;
const CLOSE_IDLE_EVERY_MS = 50;

/**
 * Resolves when requests under way are answered, and a connection whose request is answered does not stay for its keep-alive.
 * @param late called when they took too long: their connections are closed
 */
export async function closeServer(server: Server, late: () => void): Promise<void> {
    const deadline = setTimeout(() => {
        late();
        server.server.closeAllConnections();
    }, CLOSE_TIMEOUT_MS);
    const idle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    try {
        await server.close();
    } finally {
        clearTimeout(deadline);
        clearInterval(idle);
    }
}
