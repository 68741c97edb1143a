// 扫码 with the camera of this device, where the browser can read codes itself; elsewhere the button stays hidden. A scanner
// that types needs none of this. What is read goes into the search like anything typed; the picture goes nowhere.
"use strict";

const EVERY_READING_MS = 200;
const scanButton = document.querySelector("[data-scan]");
const scanDialog = document.getElementById("scan");
const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });

async function watchCamera(codes) {
  while (scanDialog.open) {
    const [found] = await codes.detect(video).catch(() => []); // no picture yet
    if (found) {
      const field = document.getElementById("q");
      field.value = found.rawValue;
      scanDialog.close();
      field.form.requestSubmit();
      return;
    }
    await new Promise((go) => setTimeout(go, EVERY_READING_MS));
  }
}

async function scan() {
  const said = scanDialog.querySelector("[role=status]");
  said.textContent = "";
  scanDialog.showModal();
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
    await watchCamera(new BarcodeDetector({ formats: ["qr_code"] }));
  } catch {
    said.textContent = scanDialog.dataset.refused;
  }
}

if (scanButton && "BarcodeDetector" in window && navigator.mediaDevices) {
  scanButton.hidden = false;
  scanDialog.querySelector("h2").after(video);
  scanButton.addEventListener("click", scan);
  scanDialog.addEventListener("close", () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  });
}
