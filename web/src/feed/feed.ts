/** Keeps a socket to the server's feed open: resumes after the last number, tells when nothing comes any more. */

import type { FeedMessage } from '../api/shapes.ts'
import { BEGINNING, delayMs, step, type Place } from './resume.ts'

/** The links are told each second, so longer silence than this means that the connection is dead. */
export const SILENCE_MS = 5000
const PING_MS = 2000

/** What the feed needs of a WebSocket. */
export interface Socket {
  onopen: (() => void) | null
  onmessage: ((event: { data: string }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(data: string): void
  close(): void
}

export interface FeedListener {
  /** A message that counts. */
  take(message: FeedMessage): void
  /** The picture must be asked for; what the feed brings after `number` follows it. */
  anew(number: number): void
  /** Connected or not. */
  connected(isConnected: boolean): void
  /** The server no longer knows who this is. */
  signedOut(): void
}

/** Close codes that mean: sign in again. */
const SIGNED_OUT = new Set([4401, 4403, 1008])

export class Feed {
  #place: Place = BEGINNING
  #socket: Socket | null = null
  #failures = 0
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #watch: ReturnType<typeof setInterval> | null = null

  constructor(
    private readonly open: (since: number, epoch: string) => Socket,
    private readonly listener: FeedListener,
  ) {}

  get place(): Place {
    return this.#place
  }

  start(): void {
    this.#watch ??= setInterval(() => this.#look(), PING_MS)
    this.#connect()
  }

  stop(): void {
    if (this.#watch !== null) clearInterval(this.#watch)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#watch = this.#timer = null
    this.#drop()
  }

  /** Tell the server that something is on the screen now. */
  shown(number: number): void {
    this.#say({ say: 'shown', number })
  }

  #connect(): void {
    this.#timer = null
    const socket = this.open(this.#place.number, this.#place.epoch)
    this.#socket = socket
    this.#heardAt = performance.now()
    socket.onopen = () => {
      this.#failures = 0
      this.#heardAt = performance.now()
      this.listener.connected(true)
    }
    socket.onmessage = (event) => this.#hear(event.data)
    socket.onclose = (event) => {
      if (this.#socket !== socket) return
      this.#socket = null
      this.listener.connected(false)
      if (SIGNED_OUT.has(event.code)) this.listener.signedOut()
      else this.#again()
    }
  }

  #hear(data: string): void {
    this.#heardAt = performance.now()
    let message: FeedMessage
    try {
      message = JSON.parse(data) as FeedMessage
    } catch {
      return
    }
    const next = step(this.#place, message)
    if (next === undefined) return // a word of a newer server
    this.#place = next.place
    if (next.do === 'ask') this.listener.anew(next.place.number)
    if (next.do !== 'pass') this.listener.take(message)
  }

  /** Ping, and give a connection up that has gone silent: the network does not always tell. */
  #look(): void {
    if (this.#socket === null) return
    if (performance.now() - this.#heardAt > SILENCE_MS) {
      this.#drop()
      this.listener.connected(false)
      this.#again()
    } else {
      this.#say({ say: 'ping' })
    }
  }

  #again(): void {
    this.#failures += 1
    this.#timer = setTimeout(() => this.#connect(), delayMs(this.#failures, Math.random()))
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  #say(words: object): void {
    try {
      this.#socket?.send(JSON.stringify(words))
    } catch {
      // not open yet or no longer; the watch sees to it
    }
  }
}

/** Open the real socket of this page's origin. */
export function openSocket(since: number, epoch: string): Socket {
  const address = new URL('api/v1/feed', document.baseURI)
  address.protocol = address.protocol.replace('http', 'ws')
  address.search = new URLSearchParams({ since: String(since), epoch }).toString()
  return new WebSocket(address) as unknown as Socket
}
