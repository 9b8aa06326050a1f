/** Interfaces of an edge: what other rooms may use. */
export type { CountedFrameDevice } from './counted-device.ts';
export type { FrameDevice, FrameDeviceOwner, FrameReceiver } from './frame-device.ts';
export { type InterfaceSurroundings, openFrameDevice } from './open-frame-device.ts';
