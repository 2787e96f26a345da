// A stock client, told what to do: one command a line on standard input, one answer a line on standard output, both JSON.
// Nothing here knows the protocol: `Repo` and `WebSocketClientAdapter` are used as they are published, in whatever
// release the caller has.
import { createInterface } from 'node:readline'

// A ticket opens one socket: whoever reconnects needs another. The longest interval that timers know means never.
const NEVER = 2 ** 31 - 1

const bytes = value => (value?.bytes === undefined ? value : new Uint8Array(Buffer.from(value.bytes, 'base64url')))

const at = (value, path) => path.reduce((inner, key) => inner?.[key], value)

// Shared by every repository of this process that opens with `storage`: two tabs of one browser.
class SharedStorage {
  #kept = new Map()
  async load(key) {
    return this.#kept.get(key.join('/'))
  }
  async save(key, value) {
    this.#kept.set(key.join('/'), value)
  }
  async remove(key) {
    this.#kept.delete(key.join('/'))
  }
  async loadRange(prefix) {
    const start = `${prefix.join('/')}/`
    const found = [...this.#kept].filter(([key]) => key.startsWith(start))
    return found.map(([key, data]) => ({ key: key.split('/'), data }))
  }
  async removeRange(prefix) {
    const start = `${prefix.join('/')}/`
    for (const key of this.#kept.keys()) if (key.startsWith(start)) this.#kept.delete(key)
  }
}

export const run = async ({ Repo, WebSocketClientAdapter, isString, debug }) => {
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

  // Bytes as the harness writes them. A string that is written as a whole, as all of ours are, is an object of its own
  // in automerge; everything else is JSON already.
  const plain = value => {
    if (isString(value)) return value.toString()
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64url') }
    if (value === null || typeof value !== 'object') return value
    if (value.constructor !== Object) throw new Error(`${value.constructor.name} is no plain value`)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }

  const storage = new SharedStorage()
  const tabs = new Map()

  const tab = name => {
    if (!tabs.has(name)) throw new Error(`no tab ${name} is open`)
    return tabs.get(name)
  }

  const connect = async (repo, url) => {
    const adapter = new WebSocketClientAdapter(url, NEVER)
    const peer = new Promise(resolve => repo.networkSubsystem.once('peer', resolve))
    repo.networkSubsystem.addNetworkAdapter(adapter)
    await peer
    return adapter
  }

  const find = async (name, document) => {
    const { repo, handles } = tab(name)
    if (!handles.has(document)) handles.set(document, await repo.find(document))
    return handles.get(document)
  }

  const set = (doc, path, value) => {
    at(doc, path.slice(0, -1))[path.at(-1)] = bytes(value)
  }

  const commands = {
    // A new Repo over a new socket. It remembers nothing, unless it shares the storage of this process's tabs.
    async open({ tab: name, url, shared, gossip }) {
      const repo = new Repo({ network: [], storage: shared ? storage : undefined, enableRemoteHeadsGossiping: gossip })
      const heard = []
      tabs.set(name, { repo, handles: new Map(), heard, adapter: await connect(repo, url) })
    },

    // The same Repo over another socket, under what it is called now.
    async reopen({ tab: name, url }) {
      const open = tab(name)
      open.adapter = await connect(open.repo, url)
    },

    // The network is gone, and the Repo goes on.
    async cut({ tab: name }) {
      const { repo, adapter } = tab(name)
      if (repo.networkSubsystem.removeNetworkAdapter === undefined) return adapter.disconnect()
      repo.networkSubsystem.removeNetworkAdapter(adapter)
    },

    async read({ tab: name, document }) {
      try {
        const handle = await find(name, document)
        const doc = handle.doc()
        return plain(doc instanceof Promise ? await doc : doc)
      } catch (error) {
        if (/unavailable/.test(error.message)) return 'unavailable'
        throw error
      }
    },

    async until({ tab: name, document, path, value }) {
      const handle = await find(name, document)
      const holds = () => JSON.stringify(plain(at(handle.doc(), path))) === JSON.stringify(value)
      if (holds()) return
      await new Promise(resolve => handle.on('change', () => holds() && resolve()))
    },

    // Each value by a change of its own, as it comes when somebody works offline for long.
    async put({ tab: name, document, puts }) {
      const handle = await find(name, document)
      for (const { path, value } of puts) handle.change(doc => set(doc, path, value))
    },

    async remove({ tab: name, document, path }) {
      const handle = await find(name, document)
      handle.change(doc => {
        delete at(doc, path.slice(0, -1))[path.at(-1)]
      })
    },

    // Says something to whoever is there, which is kept nowhere.
    async broadcast({ tab: name, document, message }) {
      const handle = await find(name, document)
      handle.broadcast(message)
    },

    // Notes what others say in passing.
    async listen({ tab: name, document }) {
      const handle = await find(name, document)
      handle.on('ephemeral-message', ({ message }) => tab(name).heard.push(message))
    },

    async heard({ tab: name }) {
      return tab(name).heard
    },

    // Wants to be told what other storages have.
    async subscribe({ tab: name, storages }) {
      tab(name).repo.subscribeToRemotes(storages)
    },

    async storage_id({ tab: name }) {
      return (await tab(name).repo.storageId?.()) ?? null
    },

    async refusal() {
      if (refusals.length === 0) await new Promise(resolve => (refused = resolve))
      return refusals.shift()
    },

    async close({ tab: name }) {
      await tab(name).repo.shutdown()
      tabs.delete(name)
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
}
