// The breath that can be heard or felt, for closed eyes: a soft tone that rises and falls, a touch at each turn.

/** As in the style: four seconds in, six out. */
const INWARD = 4_000;
const OUTWARD = 6_000;

/** Breathes until the returned function is called. */
export function breath(tone: boolean, touch: boolean): () => void {
    if (!tone && !touch) return () => {};
    const sound = tone ? new AudioContext() : undefined;
    let turn: ReturnType<typeof setTimeout>;
    const inhale = () => {
        if (sound) hum(sound, 150, 200, INWARD);
        if (touch) navigator.vibrate?.(60);
        turn = setTimeout(exhale, INWARD);
    };
    const exhale = () => {
        if (sound) hum(sound, 200, 130, OUTWARD);
        if (touch) navigator.vibrate?.([30, 80, 30]);
        turn = setTimeout(inhale, OUTWARD);
    };
    inhale();
    return () => {
        clearTimeout(turn);
        navigator.vibrate?.(0);
        void sound?.close();
    };
}

function hum(sound: AudioContext, from: number, to: number, milliseconds: number): void {
    const [now, end] = [sound.currentTime, sound.currentTime + milliseconds / 1_000];
    const [voice, volume] = [sound.createOscillator(), sound.createGain()];
    voice.frequency.setValueAtTime(from, now);
    voice.frequency.linearRampToValueAtTime(to, end);
    volume.gain.setValueAtTime(0, now);
    volume.gain.linearRampToValueAtTime(0.05, now + 1);
    volume.gain.linearRampToValueAtTime(0, end);
    voice.connect(volume).connect(sound.destination);
    voice.start(now);
    voice.stop(end);
}
