import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { keepAlive } from '../../../api/live/websocket.ts';

describe('a websocket that does not answer a ping', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is ended when nothing waits for it, and is only slow while something does', () => {
    vi.useFakeTimers();
    const sockets = [0, 1_000].map((bufferedAmount) =>
      Object.assign(new EventEmitter(), { bufferedAmount, ping: vi.fn(), terminate: vi.fn() }),
    );
    for (const socket of sockets) keepAlive(socket as unknown as WebSocket, 1_000);
    vi.advanceTimersByTime(1_500);
    for (const socket of sockets) expect(socket.terminate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    const [silent, slow] = sockets;
    expect(silent!.terminate).toHaveBeenCalled();
    expect(slow!.terminate).not.toHaveBeenCalled();
    // it took what there was, and is silent now
    slow!.bufferedAmount = 0;
    vi.advanceTimersByTime(1_000);
    expect(slow!.terminate).toHaveBeenCalled();
  });

  it('stays with its answers', () => {
    vi.useFakeTimers();
    const socket = Object.assign(new EventEmitter(), {
      bufferedAmount: 0,
      ping: vi.fn(),
      terminate: vi.fn(),
    });
    socket.ping.mockImplementation(() => socket.emit('pong'));
    keepAlive(socket as unknown as WebSocket, 1_000);
    vi.advanceTimersByTime(10_000);
    expect(socket.terminate).not.toHaveBeenCalled();
  });
});
