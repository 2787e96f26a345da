// The newest release.
import { Repo, isImmutableString } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import debug from 'debug'
import { run } from './commands.mjs'

await run({ Repo, WebSocketClientAdapter, isString: isImmutableString, debug })
