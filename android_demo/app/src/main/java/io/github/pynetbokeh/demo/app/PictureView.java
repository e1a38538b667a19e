package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.graphics.RectF;
import android.graphics.drawable.Drawable;
import android.os.Bundle;
import android.util.AttributeSet;
import android.util.TypedValue;
import android.view.MotionEvent;
import android.view.View;
import android.view.ViewConfiguration;
import android.view.accessibility.AccessibilityNodeInfo;
import android.view.accessibility.AccessibilityNodeInfo.AccessibilityAction;
import io.github.pynetbokeh.demo.R;
import java.nio.ByteBuffer;

/**
 * The picture, fitted into the view, with what is marked as the subject. Holding it still shows the original; a tap or
 * a stroke is told to {@link Gestures} in shares of the picture's width and height.
 */
public final class PictureView extends View {
    /** What the user does to the picture; 0 is its left or upper edge, 1 its right or lower one. */
    public interface Gestures {
        void onTap(float x, float y);

        void onStroke(float x0, float y0, float x1, float y1);

        /** The finger was lifted after strokes. */
        void onStrokesEnd();
    }

    private static final long HOLD_MS = 250;
    private static final int SIGN_DP = 72; // side of what stands where there is no picture yet

    private final Paint picturePaint = new Paint(Paint.FILTER_BITMAP_FLAG);
    private final Paint focusPaint = new Paint(Paint.FILTER_BITMAP_FLAG);
    private final Paint chipPaint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint textPaint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Drawable sign;
    private final RectF frame = new RectF();
    private final Runnable hold = () -> setComparing(true);
    private final int slop;

    private Gestures gestures;
    private Bitmap original;
    private Bitmap rendered;
    private Bitmap focus;
    private int focusPercent;
    private boolean paintable;
    private boolean comparing;
    private boolean moved;
    private float lastX;
    private float lastY;

    public PictureView(Context context, AttributeSet attributes) {
        super(context, attributes);
        slop = ViewConfiguration.get(context).getScaledTouchSlop();
        focusPaint.setColor(context.getColor(R.color.focus));
        focusPaint.setAlpha(140);
        chipPaint.setColor(0xB0000000);
        textPaint.setColor(0xFFFFFFFF);
        textPaint.setTextSize(TypedValue.applyDimension(
                TypedValue.COMPLEX_UNIT_SP, 14, getResources().getDisplayMetrics()));
        sign = context.getDrawable(R.drawable.ic_photo).mutate();
        sign.setTint(context.getColor(R.color.text_quiet));
        setFocusable(true);
        setClickable(true);
        describe();
    }

    public void setGestures(Gestures gestures) {
        this.gestures = gestures;
    }

    /** Shows {@code rendered}, or {@code original} while that is null or the picture is held; both may be null. */
    public void setPictures(Bitmap original, Bitmap rendered) {
        this.original = original;
        this.rendered = rendered;
        comparing &= rendered != null;
        describe();
        invalidate();
    }

    /** Shows what is marked over the original; null hides it. */
    public void setFocusMap(FocusMap map) {
        focus = null;
        focusPercent = 0;
        if (map != null && !map.isEmpty()) {
            focusPercent = map.percent();
            focus = Bitmap.createBitmap(map.width(), map.height(), Bitmap.Config.ALPHA_8);
            focus.copyPixelsFromBuffer(ByteBuffer.wrap(padded(map, focus.getRowBytes())));
        }
        describe();
        invalidate();
    }

    /** Whether moving a finger paints. */
    public void setPaintable(boolean paintable) {
        this.paintable = paintable;
    }

    /** Whether the original is shown although there is a rendered picture. */
    public boolean isComparing() {
        return comparing;
    }

    public void setComparing(boolean comparing) {
        this.comparing = comparing && rendered != null;
        describe();
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        Bitmap shown = rendered == null || comparing ? original : rendered;
        if (shown == null) {
            int side = Math.round(SIGN_DP * getResources().getDisplayMetrics().density);
            int left = (getWidth() - side) / 2;
            int top = (getHeight() - side) / 2;
            sign.setBounds(left, top, left + side, top + side);
            sign.draw(canvas);
            return;
        }
        fit(shown);
        canvas.drawBitmap(shown, null, frame, picturePaint);
        if (focus != null && rendered == null) {
            canvas.drawBitmap(focus, null, frame, focusPaint);
        }
        if (comparing) {
            drawChip(canvas, getResources().getString(R.string.original));
        }
    }

    @Override
    public boolean onTouchEvent(MotionEvent event) {
        if (original == null || !isEnabled()) {
            return false;
        }
        float x = event.getX();
        float y = event.getY();
        switch (event.getActionMasked()) {
            case MotionEvent.ACTION_DOWN:
                getParent().requestDisallowInterceptTouchEvent(true);
                moved = false;
                lastX = x;
                lastY = y;
                postDelayed(hold, HOLD_MS);
                return true;
            case MotionEvent.ACTION_MOVE:
                if (!comparing && (moved || Math.hypot(x - lastX, y - lastY) > slop)) {
                    removeCallbacks(hold);
                    moved = true;
                    if (paintable && gestures != null) {
                        gestures.onStroke(shareX(lastX), shareY(lastY), shareX(x), shareY(y));
                    }
                    lastX = x;
                    lastY = y;
                }
                return true;
            case MotionEvent.ACTION_UP:
                removeCallbacks(hold);
                if (comparing) {
                    setComparing(false);
                } else if (moved) {
                    if (paintable && gestures != null) {
                        gestures.onStrokesEnd();
                    }
                } else {
                    performClick();
                    if (gestures != null && frame.contains(x, y)) {
                        gestures.onTap(shareX(x), shareY(y));
                    }
                }
                return true;
            case MotionEvent.ACTION_CANCEL:
                removeCallbacks(hold);
                if (moved && !comparing && paintable && gestures != null) {
                    gestures.onStrokesEnd();
                }
                setComparing(false);
                return true;
            default:
                return true;
        }
    }

    @Override
    public boolean performClick() {
        return super.performClick();
    }

    @Override
    protected void onDetachedFromWindow() {
        removeCallbacks(hold);
        super.onDetachedFromWindow();
    }

    @Override
    public void onInitializeAccessibilityNodeInfo(AccessibilityNodeInfo info) {
        super.onInitializeAccessibilityNodeInfo(info);
        info.setClassName("android.widget.ImageView");
        if (rendered != null) {
            info.addAction(
                    new AccessibilityAction(R.id.action_compare, getResources().getString(R.string.action_compare)));
        }
        if (original != null && gestures != null && isEnabled()) {
            info.addAction(new AccessibilityAction(
                    R.id.action_focus_centre, getResources().getString(R.string.action_focus_centre)));
        }
    }

    @Override
    public boolean performAccessibilityAction(int action, Bundle arguments) {
        if (action == R.id.action_compare && rendered != null) {
            setComparing(!comparing);
            announceForAccessibility(getContentDescription());
            return true;
        }
        if (action == R.id.action_focus_centre && original != null && gestures != null) {
            gestures.onTap(0.5f, 0.5f);
            return true;
        }
        return super.performAccessibilityAction(action, arguments);
    }

    /** What a screen reader says. */
    private void describe() {
        String text;
        if (original == null) {
            text = getResources().getString(R.string.picture_none);
        } else if (rendered == null || comparing) {
            text = getResources().getString(R.string.picture_original);
        } else {
            text = getResources().getString(R.string.picture_rendered);
        }
        if (focusPercent > 0 && rendered == null) {
            text = text + ". " + getResources().getString(R.string.picture_focus, focusPercent);
        }
        setContentDescription(text);
    }

    private void fit(Bitmap bitmap) {
        float scale = Math.min(getWidth() / (float) bitmap.getWidth(), getHeight() / (float) bitmap.getHeight());
        float width = bitmap.getWidth() * scale;
        float height = bitmap.getHeight() * scale;
        float left = (getWidth() - width) / 2;
        float top = (getHeight() - height) / 2;
        frame.set(left, top, left + width, top + height);
    }

    private float shareX(float x) {
        return frame.width() == 0 ? 0 : (x - frame.left) / frame.width();
    }

    private float shareY(float y) {
        return frame.height() == 0 ? 0 : (y - frame.top) / frame.height();
    }

    private void drawChip(Canvas canvas, String text) {
        float unit = getResources().getDisplayMetrics().density;
        float width = textPaint.measureText(text) + 24 * unit;
        float left = frame.left + 12 * unit;
        float top = frame.top + 12 * unit;
        canvas.drawRoundRect(left, top, left + width, top + 32 * unit, 16 * unit, 16 * unit, chipPaint);
        canvas.drawText(text, left + 12 * unit, top + 21 * unit, textPaint);
    }

    /** The map's rows, each as long as the bitmap's, which may be padded. */
    private static byte[] padded(FocusMap map, int rowBytes) {
        if (rowBytes == map.width()) {
            return map.values();
        }
        byte[] rows = new byte[rowBytes * map.height()];
        for (int y = 0; y < map.height(); y++) {
            System.arraycopy(map.values(), y * map.width(), rows, y * rowBytes, map.width());
        }
        return rows;
    }
}
