// The session and the player of this window, as the screens have them.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Player } from "./player";
import type { Session } from "./session/session";

export const Here = createContext<{ session: Session; player: Player } | undefined>(undefined);

export function useSession(): Session {
    return useContext(Here)!.session;
}

export function usePlayer(): Player {
    return useContext(Here)!.player;
}
