// A push without a push service: the browser's tools hand it over.

/** Gives what has the worker hand a push to the app, by way of a page that is none of the app's: opened before, for a page
 * that is frozen may hold up a new one. */
export async function pusher(phone, base) {
    const page = await phone.context.newPage();
    await page.goto("about:blank");
    const cdp = await phone.context.newCDPSession(page);
    const registered = new Promise((resolve) =>
        cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
            if (registrations[0]) resolve(registrations[0].registrationId);
        }),
    );
    await cdp.send("ServiceWorker.enable");
    const registrationId = await registered;
    // On a busy machine what the browser's tools hand over does not always arrive: it is, when a sentence was shown.
    const [worker] = phone.context.serviceWorkers();
    const isShown = () => worker.evaluate(async () => (await self.registration.getNotifications()).length > 0);
    return async () => {
        for (let tries = 0; tries < 3 && !(await isShown()); tries += 1) {
            await cdp.send("ServiceWorker.deliverPushMessage", { origin: `${base}/`, registrationId, data: "{}" });
            for (let wait = 0; wait < 20 && !(await isShown()); wait += 1)
                await new Promise((resolve) => setTimeout(resolve, 100));
        }
    };
}
