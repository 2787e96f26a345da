// The oldest release of the same major version, over an automerge that is a major version behind: what a companion that
// was not updated for long still speaks.
import { RawString, Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import debug from 'debug'
import { run } from '../automerge-repo/commands.mjs'

await run({ Repo, WebSocketClientAdapter, isString: value => value instanceof RawString, debug })
