// The stock client, told what to do: one command a line on standard input, one answer a line on standard output, both
// JSON. Nothing here knows the protocol: Repo and WebSocketClientAdapter are used as they are published.
import { createInterface } from 'node:readline'
import { Repo, isImmutableString } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import debug from 'debug'

// A ticket opens one socket: whoever reconnects needs another. The longest interval that timers know means never.
const NEVER = 2 ** 31 - 1

// What the adapter does with an `error` frame is to log it: this is where the refusal's code comes out.
const refusals = []
let refused = () => {}
debug.enable('automerge-repo:websocket:browser*')
debug.log = (...words) => {
  const code = /error: (\w+)/.exec(words.join(' '))?.[1]
  if (code === undefined) return
  refusals.push(code)
  refused()
}

let repo
const handles = new Map()

const find = async document => {
  if (!handles.has(document)) handles.set(document, await repo.find(document))
  return handles.get(document)
}

const bytes = value => (value?.bytes === undefined ? value : new Uint8Array(Buffer.from(value.bytes, 'base64url')))

// Bytes as the harness writes them. A string that is written as a whole, as all of ours are, is an ImmutableString here;
// everything else is JSON already.
const plain = value => {
  if (isImmutableString(value)) return value.toString()
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64url') }
  if (value === null || typeof value !== 'object') return value
  if (value.constructor !== Object) throw new Error(`${value.constructor.name} is no plain value`)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

const at = (value, path) => path.reduce((inner, key) => inner?.[key], value)

const commands = {
  // A new Repo that remembers nothing, over a new socket.
  async open({ url }) {
    handles.clear()
    repo = new Repo({ network: [new WebSocketClientAdapter(url, NEVER)] })
    await new Promise(resolve => repo.networkSubsystem.once('peer', resolve))
  },

  async read({ document }) {
    try {
      return plain((await find(document)).doc())
    } catch (error) {
      if (/unavailable/.test(error.message)) return 'unavailable'
      throw error
    }
  },

  async until({ document, path, value }) {
    const handle = await find(document)
    const holds = () => JSON.stringify(plain(at(handle.doc(), path))) === JSON.stringify(value)
    if (holds()) return
    await new Promise(resolve => handle.on('change', () => holds() && resolve()))
  },

  async put({ document, path, value }) {
    const handle = await find(document)
    handle.change(doc => {
      at(doc, path.slice(0, -1))[path.at(-1)] = bytes(value)
    })
  },

  async remove({ document, path }) {
    const handle = await find(document)
    handle.change(doc => {
      delete at(doc, path.slice(0, -1))[path.at(-1)]
    })
  },

  async refusal() {
    if (refusals.length === 0) await new Promise(resolve => (refused = resolve))
    return refusals.shift()
  },

  async close() {
    await repo.shutdown()
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line)
  try {
    console.log(JSON.stringify({ answer: (await commands[command](rest)) ?? null }))
  } catch (error) {
    console.log(JSON.stringify({ failed: error.stack }))
  }
}
process.exit(0)
